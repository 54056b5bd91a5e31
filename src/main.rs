//! The `hpda-data` command.

fn main() -> std::process::ExitCode {
    hpda_data::cli::main()
}
