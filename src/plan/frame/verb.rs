//! Verbs of tables in memory as steps of a plan.

use super::{LazyFrame, Plan};
use crate::error::Result;
use crate::kernel::order::Keep;
use crate::store::{Batch, Schema};
use std::fmt;
use std::sync::Arc;

/// What a verb makes of rows. The executor gives it; the plan only carries it.
pub type TableVerb = dyn Fn(&Batch) -> Result<Batch> + Send + Sync;

/// What a verb must see at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Any rows: every row is done for itself.
    Batch,
    /// All rows: they are gathered, booked in the budget.
    Table,
}

/// How a verb of all rows is run where these cannot be held.
#[derive(Clone, Debug)]
pub enum Large {
    /// Steps that give the same.
    Instead(LazyFrame),
    /// A column of the result tells which rows repeat another one.
    Repeated {
        /// The columns that are compared.
        columns: Vec<usize>,
        /// Which of equal rows is no repetition.
        keep: Keep,
        /// Where the new column stands.
        position: usize,
    },
}

/// A verb of tables in memory over what a plan gives: so the verb is written once.
#[derive(Clone)]
pub struct VerbPlan {
    /// Whose rows.
    pub input: Arc<Plan>,
    /// The verb and its options, for people.
    pub shown: String,
    /// What it must see at once.
    pub scope: Scope,
    /// The verb.
    pub verb: Arc<TableVerb>,
    /// The columns of the result, which do not depend on values.
    pub schema: Arc<Schema>,
    /// How it is run where the rows cannot be held; without it that is an error.
    pub large: Option<Large>,
}

impl fmt::Debug for VerbPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerbPlan")
            .field("input", &self.input)
            .field("shown", &self.shown)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl LazyFrame {
    /// The rows through a verb whose columns are known.
    pub(crate) fn through(&self, shown: String, scope: Scope, verb: Arc<TableVerb>, schema: Arc<Schema>) -> LazyFrame {
        self.then(Plan::Verb(Arc::new(VerbPlan { input: self.plan.clone(), shown, scope, verb, schema, large: None })))
    }

    /// The same, with a way for rows that cannot be held: of a verb just added.
    pub(crate) fn or_large(self, large: Option<Large>) -> LazyFrame {
        match &*self.plan {
            Plan::Verb(verb) => LazyFrame { plan: Arc::new(Plan::Verb(Arc::new(VerbPlan { large, ..(**verb).clone() }))) },
            _ => self,
        }
    }
}
