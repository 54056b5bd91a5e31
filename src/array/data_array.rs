use super::{Coords, Dataset, Variable};
use crate::error::{Error, Result};

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

impl DataArray {
    /// Values with a name and without coordinates.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataArray, NdArray, Variable};
    /// let x = DataArray::new("x", Variable::from_array(["t"], NdArray::from_vec(vec![1.0, 2.0], &[2])?)?);
    /// assert_eq!(x.to_dataset(None)?.variable("x")?.shape(), [2]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, variable: Variable) -> DataArray {
        DataArray { name: Some(name.into()), variable, coords: Coords::default() }
    }

    /// A cube with this variable, under another name where one is said.
    ///
    /// # Errors
    /// Invalid, where it has no name; shape, where a coordinate has another length.
    ///
    /// # Examples
    /// ```
    /// let tas = hpda_data::open_dataset("data/climate.nc")?.array("tas")?;
    /// assert_eq!(tas.to_dataset(Some("t2m"))?.variable("t2m")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_dataset(&self, name: Option<&str>) -> Result<Dataset> {
        let name = name.or(self.name.as_deref());
        let name = name.ok_or_else(|| Error::invalid("the array has no name").help("say one: to_dataset(Some(\"tas\"))"))?;
        let mut out = Dataset::new();
        // The order of its dims is that of the cube.
        out.dims.extend(self.variable.dims().iter().cloned().zip(self.variable.shape().iter().copied()));
        for (n, c) in self.coords.iter().filter(|(n, _)| *n != name) {
            out.insert_coord(n, c.clone())?;
        }
        out.insert(name, self.variable.clone())?;
        Ok(out)
    }

    /// A verb of cubes on this array and its coordinates: `tas.pipe(|ds| ds.isel(..))` is xarray's `tas.isel(..)`.
    ///
    /// # Errors
    /// What the verb says; not found, where it takes the array away or gives it another name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let tas = hpda_data::open_dataset("data/climate.nc")?.array("tas")?;
    /// let mean = Reduction::named("mean")?.over(["time"]);
    /// let map = tas.pipe(|ds| Ok(ds.reduce(&mean, &ExecOptions::default())?.0))?;
    /// assert_eq!((map.name.as_deref(), map.variable.shape()), (Some("tas"), &[12, 18][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pipe(&self, verb: impl FnOnce(&Dataset) -> Result<Dataset>) -> Result<DataArray> {
        let name = self.name.as_deref().unwrap_or("values of an array");
        let made = verb(&self.to_dataset(Some(name))?)?.array(name)?;
        Ok(DataArray { name: self.name.clone(), ..made })
    }
}
