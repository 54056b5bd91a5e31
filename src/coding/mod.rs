//! CF conventions: from what a file holds to what it means, and back. Variable in, Variable out; no files.
