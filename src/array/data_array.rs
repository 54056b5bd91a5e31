use super::{Coords, Variable};

/// One variable with its coordinates.
#[derive(Clone, Debug)]
pub struct DataArray {
    /// Its name.
    pub name: Option<String>,
    /// Its values.
    pub variable: Variable,
    /// Its coordinates.
    pub coords: Coords,
}
