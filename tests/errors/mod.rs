mod cli;
mod damaged;
