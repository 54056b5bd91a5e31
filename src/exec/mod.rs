//! Runs plans over batches and blocks, in parallel, within the budget.
