use crate::array::{Dataset, Variable};
use crate::error::{Error, Level, Notices, Place, Result, quoted_list};
use std::collections::BTreeSet;

/// The one variable that goes into a file of one array, and what stays behind.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// Its path, as `tas` or `ocean/tas`.
    pub path: String,
    /// It.
    pub variable: &'a Variable,
    /// What the format has no place for.
    pub notices: Notices,
}

/// Attributes whose words are names of companions.
const COMPANIONS: [&str; 6] = ["bounds", "climatology", "grid_mapping", "cell_measures", "ancillary_variables", "formula_terms"];

/// The variable of this path, or the only one that is no companion of another.
///
/// # Errors
/// Not found; invalid, where there is more than one to choose from, or none.
pub fn choose<'a>(dataset: &'a Dataset, wanted: Option<&str>, format: &str) -> Result<Chosen<'a>> {
    let mut paths = Vec::new();
    list(dataset, "", &mut paths);
    let path = match wanted {
        Some(name) => name.trim_start_matches('/').to_string(),
        None => match &paths[..] {
            [one] => one.clone(),
            [] => return Err(Error::invalid(format!("{format} holds one array, and there is no variable"))),
            many => {
                let names: Vec<&str> = many.iter().map(String::as_str).collect();
                return Err(Error::invalid(format!("{format} holds one array, and there are {} variables", many.len()))
                    .help(format!("pick one with --var NAME: {}", quoted_list(&names, 8))));
            }
        },
    };
    let (group, variable) = find(dataset, &path)?;
    let mut notices = Notices::new();
    let mut left = |what: String| {
        notices.push(Level::Omitted, format!("{format} has no place for {what}"), Place::variable(path.as_str()));
    };
    let name = path.rsplit('/').next().unwrap_or(&path);
    if name != "data" {
        left(format!("the name {name:?}"));
    }
    let dims: Vec<&str> = variable.dims().iter().map(|d| &**d).collect();
    if dims.iter().enumerate().any(|(i, d)| *d != format!("dim_{i}")) {
        left(format!("the names of the dims: {}", quoted_list(&dims, 8)));
    }
    let mut coords: Vec<&str> = group.coords.iter().map(|(n, _)| n).filter(|n| *n != name).collect();
    if !std::ptr::eq(group, dataset) {
        coords.extend(dataset.coords.iter().map(|(n, _)| n).filter(|n| dims.contains(n)));
    }
    if !coords.is_empty() {
        left(format!("the coordinates {}", quoted_list(&coords, 12)));
    }
    let companions = companions(group);
    let beside: Vec<&str> = group.vars.keys().map(String::as_str).filter(|n| *n != name && companions.contains(*n)).collect();
    if !beside.is_empty() {
        left(format!("the companions {}", quoted_list(&beside, 8)));
    }
    for (whose, attrs) in [("of the variable", &variable.attrs), ("of the file", &dataset.attrs)] {
        if !attrs.is_empty() {
            let names: Vec<&str> = attrs.iter().map(|(n, _)| n).collect();
            let word = if attrs.len() == 1 { "attribute" } else { "attributes" };
            left(format!("{} {word} {whose}: {}", attrs.len(), quoted_list(&names, 5)));
        }
    }
    if !variable.encoding.attrs.is_empty() || !variable.encoding.filters.is_empty() {
        left("the encoding (compression, packing, fill value, units of time)".into());
    }
    Ok(Chosen { path, variable, notices })
}

/// Paths of the data variables that are no companions, groups included.
fn list(group: &Dataset, prefix: &str, paths: &mut Vec<String>) {
    let companions = companions(group);
    paths.extend(group.vars.keys().filter(|n| !companions.contains(*n)).map(|n| format!("{prefix}{n}")));
    for (name, inner) in &group.groups {
        list(inner, &format!("{prefix}{name}/"), paths);
    }
}

/// Names that the attributes of variables point to.
fn companions(group: &Dataset) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, v) in group.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(group.coords.iter()) {
        for key in COMPANIONS {
            if let Some(text) = v.attrs.text(key).or_else(|| v.encoding.attrs.text(key)) {
                names.extend(text.split_whitespace().filter(|w| !w.ends_with(':')).map(str::to_string));
            }
        }
    }
    names
}

fn find<'a>(dataset: &'a Dataset, path: &str) -> Result<(&'a Dataset, &'a Variable)> {
    let (groups, name) = path.rsplit_once('/').map_or(("", path), |(g, n)| (g, n));
    let mut group = dataset;
    for part in groups.split('/').filter(|p| !p.is_empty()) {
        group = group.groups.get(part).ok_or_else(|| Error::not_found("group", part, group.groups.keys().map(String::as_str)))?;
    }
    Ok((group, group.variable(name)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NdArray;

    fn cube() -> Dataset {
        let mut ds = Dataset::new();
        let line = || Variable::from_array(["t"], NdArray::from_vec(vec![1.0f64, 2.0], &[2]).unwrap()).unwrap();
        let mut time = line();
        time.attrs.set("bounds", "t_bnds");
        ds.insert_coord("t", time).unwrap();
        ds.insert("tas", line()).unwrap();
        ds.insert("t_bnds", line()).unwrap();
        ds
    }

    #[test]
    fn the_only_variable_is_chosen_and_the_rest_is_listed() {
        let ds = cube();
        let c = choose(&ds, None, "npy").unwrap();
        assert_eq!(c.path, "tas");
        let said: Vec<&str> = c.notices.iter().map(|n| n.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "npy has no place for the name \"tas\"",
                "npy has no place for the names of the dims: \"t\"",
                "npy has no place for the coordinates \"t\"",
                "npy has no place for the companions \"t_bnds\""
            ]
        );
    }

    #[test]
    fn several_variables_without_a_choice_are_refused() {
        let mut ds = cube();
        ds.insert("pr", Variable::from_array(["t"], NdArray::from_vec(vec![1.0f64, 2.0], &[2]).unwrap()).unwrap()).unwrap();
        assert!(choose(&ds, None, "npy").unwrap_err().remedy().unwrap().contains("\"tas\", \"pr\""));
        assert_eq!(choose(&ds, Some("/pr"), "npy").unwrap().path, "pr");
        assert!(choose(&ds, Some("tss"), "npy").unwrap_err().remedy().unwrap().contains("\"tas\""));
    }
}
