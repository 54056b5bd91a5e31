"""Makes data/climate.nc, data/climate_packed.nc and data/cube.nc3: ten years of invented monthly temperatures.

Run from the root of the project: python data/make/climate.py (numpy 2, netCDF4 1.7). The temperature is a formula (a seasonal
wave by latitude, a slow warming, seeded noise); it describes no planet.
"""
import netCDF4
import numpy as np

YEARS, NLAT, NLON = 10, 12, 18
DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

rng = np.random.default_rng(1850)
lat = -90 + (np.arange(NLAT) + 0.5) * 180 / NLAT
lon = (np.arange(NLON) + 0.5) * 360 / NLON
months = np.arange(YEARS * 12)
edges = np.concatenate([[0], np.cumsum(DAYS * YEARS)]).astype("f8")
bounds = np.stack([edges[:-1], edges[1:]], axis=1)
time = bounds.mean(axis=1)

phi = np.radians(lat)[None, :, None]
lam = np.radians(lon)[None, None, :]
season = -np.cos(2 * np.pi * (months[:, None, None] + 0.5) / 12)
tas = 288 - 38 * np.sin(phi) ** 2 + 14 * season * np.sin(phi) * (1 + 0.4 * np.cos(2 * lam)) + 4 * np.cos(3 * lam) * np.cos(phi)
tas = tas + 0.003 * months[:, None, None] + rng.normal(0, 0.8, (len(months), NLAT, NLON))
tas = np.round(tas, 2).astype("f4")
# No stations at the far south in the first two years.
missing = np.zeros(tas.shape, bool)
missing[:24, 0, :] = True
values = np.ma.array(tas, mask=missing)


def bounds_of(axis, step):
    return np.stack([axis - step / 2, axis + step / 2], axis=1)


def make(path, packed=False, classic=False):
    # The small classic cube: the last year, every other row and column.
    pick = (slice(-12, None), slice(None, None, 2), slice(None, None, 2)) if classic else (slice(None),) * 3
    la, lo = lat[pick[1]], lon[pick[2]]
    f = netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET" if classic else "NETCDF4")
    f.Conventions = "CF-1.8"
    f.title = "Invented monthly near-surface air temperature"
    f.institution = "none: made by a formula, see data/make/climate.py"
    f.source = "artificial data"
    f.history = "made by data/make/climate.py"
    f.comment = "These numbers describe no real place or time."
    f.createDimension("time", None)
    f.createDimension("lat", len(la))
    f.createDimension("lon", len(lo))
    f.createDimension("bnds", 2)
    # `contiguous` cannot be said of variables along the unlimited dimension; netCDF4 chooses small chunks for those.
    v = f.createVariable("time", "f8", ("time",), **({} if classic else {"chunksizes": (120,)}))
    v.setncatts(dict(standard_name="time", long_name="time", units="days since 1850-01-01", calendar="noleap", axis="T", bounds="time_bnds"))
    v[:] = time[pick[0]]
    v = f.createVariable("time_bnds", "f8", ("time", "bnds"), **({} if classic else {"chunksizes": (120, 2)}))
    v[:] = bounds[pick[0]]
    # Thinned axes keep the bounds of their own cells.
    for name, axis, step, rest in [
        ("lat", la, 180 / NLAT, dict(standard_name="latitude", long_name="latitude", units="degrees_north", axis="Y", bounds="lat_bnds")),
        ("lon", lo, 360 / NLON, dict(standard_name="longitude", long_name="longitude", units="degrees_east", axis="X", bounds="lon_bnds")),
    ]:
        v = f.createVariable(name, "f8", (name,))
        v.setncatts(rest)
        v[:] = axis
        v = f.createVariable(name + "_bnds", "f8", (name, "bnds"))
        v[:] = bounds_of(axis, step)
    v = f.createVariable("height", "f8", ())
    v.setncatts(dict(standard_name="height", long_name="height", units="m", positive="up", axis="Z"))
    v[...] = 2.0
    storage = {} if classic else dict(zlib=True, complevel=6, shuffle=True, chunksizes=(12, NLAT, NLON))
    if packed:
        v = f.createVariable("tas", "i2", ("time", "lat", "lon"), fill_value=np.int16(-32768), **storage)
        v.scale_factor, v.add_offset = 0.01, 273.15
    else:
        v = f.createVariable("tas", "f4", ("time", "lat", "lon"), fill_value=np.float32(1e20), **storage)
        v.missing_value = np.float32(1e20)
    v.setncatts(dict(standard_name="air_temperature", long_name="near-surface air temperature", units="K",
                     cell_methods="time: mean", coordinates="height"))
    v[:] = values[pick]
    f.close()


make("data/climate.nc")
make("data/climate_packed.nc", packed=True)
make("data/cube.nc3", classic=True)
