//! Tables that are to be put one below the other.

use super::{Report, Severity, Topic};
use crate::dtype::promote;
use crate::error::quoted_list;
use crate::store::TableSource;
use std::path::Path;
use std::sync::Arc;

pub(super) fn look(tables: &[(&Path, Arc<dyn TableSource>)], report: &mut Report) {
    let (_, first) = &tables[0];
    let first = first.schema();
    for (file, table) in &tables[1..] {
        let schema = table.schema();
        let lacks: Vec<&str> = first.names().filter(|n| schema.names().all(|m| m != *n)).collect();
        let has: Vec<&str> = schema.names().filter(|n| first.names().all(|m| m != *n)).collect();
        let choices = [
            "--join outer (what concat does) keeps them, missing where a file lacks them",
            "--join inner leaves them out",
            "--join exact refuses",
        ];
        if !lacks.is_empty() {
            report.add(
                file,
                Severity::Changes,
                Topic::Variables,
                format!("columns of the first file that are not there: {}", quoted_list(&lacks, 8)),
                &choices,
            );
        }
        if !has.is_empty() {
            report.add(
                file,
                Severity::Changes,
                Topic::Variables,
                format!("columns that the first file lacks: {}", quoted_list(&has, 8)),
                &choices,
            );
        }
        for field in &first.fields {
            let Some(other) = schema.fields.iter().find(|f| f.name == field.name) else { continue };
            if other.dtype == field.dtype {
                continue;
            }
            let (a, b, name) = (&field.dtype, &other.dtype, &field.name);
            match promote(a, b) {
                Ok(both) => report.add(
                    file,
                    Severity::Changes,
                    Topic::Types,
                    format!("column {name:?} is {a} in the first file and {b} here"),
                    &[&format!("concat makes it {both}")],
                ),
                Err(_) => report.add(
                    file,
                    Severity::Refused,
                    Topic::Types,
                    format!("column {name:?} is {a} in the first file and {b} here"),
                    &[&format!("--dtypes {name}=str reads it as text everywhere"), "--join inner with the column dropped leaves it out"],
                ),
            }
        }
        let order = lacks.is_empty() && has.is_empty() && !schema.names().eq(first.names());
        if order {
            report.add(file, Severity::Note, Topic::Variables, "columns stand in another order".into(), &["they are matched by name"]);
        }
    }
}
