//! Cubes whose file another program makes shorter after they were opened: what is read then is an error or what stood there, never the
//! zeros that the HDF5 library takes for what lies behind the end of a file.

use hpda_data::array::Variable;
use hpda_data::store::NdArray;
use hpda_data::{Dataset, Result};
use std::path::Path;

fn variables<'d>(ds: &'d Dataset, into: &mut Vec<&'d Variable>) {
    into.extend(ds.coords.iter().map(|(_, v)| v));
    into.extend(ds.vars.values());
    ds.groups.values().for_each(|g| variables(g, into));
}

fn values(ds: &Dataset) -> Vec<Result<NdArray>> {
    let mut all = Vec::new();
    variables(ds, &mut all);
    all.into_iter().map(|v| v.load()).collect()
}

/// Its values as text: NaN is NaN.
fn said(a: &NdArray) -> String {
    format!("{:?} {:?}", a.shape(), (0..a.len()).map(|i| a.scalar(i)).collect::<Vec<_>>())
}

fn open(path: &Path) -> Dataset {
    match path.extension().is_some_and(|e| e == "h5") {
        true => hpda_data::io::hdf5::open(path, &Default::default()).unwrap().0,
        false => hpda_data::io::netcdf::open(path, &Default::default()).unwrap().0,
    }
}

#[test]
fn cube_that_becomes_shorter_is_an_error_or_what_stood_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "data/climate.nc",
        "data/cube.nc3",
        "tests/files/data/netcdf/types.nc",
        "tests/files/data/netcdf/plain.h5",
        "tests/files/data/hdf5/types.h5",
        "tests/files/data/hdf5/records.h5",
        "tests/files/data/chunks/library.h5",
    ] {
        let sound = root.join(name);
        let expected = values(&open(&sound));
        let bytes = std::fs::read(&sound).unwrap();
        let path = folder.path().join(sound.file_name().unwrap());
        let mut refused = 0;
        for part in 0..8 {
            std::fs::write(&path, &bytes).unwrap();
            let ds = open(&path);
            std::fs::File::options().write(true).open(&path).unwrap().set_len(bytes.len() as u64 * part / 8).unwrap();
            for (i, found) in values(&ds).iter().enumerate() {
                match (&expected[i], found) {
                    (Ok(expected), Ok(found)) => assert_eq!(said(expected), said(found), "{name} cut to {part}/8"),
                    (Err(_), Ok(_)) => panic!("{name}: read only when it is cut off"),
                    (_, Err(_)) => refused += 1,
                }
            }
            std::fs::remove_file(&path).unwrap();
        }
        assert!(refused > 0, "{name}");
    }
}
