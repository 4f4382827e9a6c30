//! How a command ends: one status, the same for every command and every format.

/// What the exit status tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The scan is complete and found nothing that is not suppressed.
    Clean,
    /// The scan is complete and found something.
    Findings,
    /// Usage, configuration or rule error: nothing was scanned.
    Usage,
    /// The scan is incomplete, or its report could not be written.
    Incomplete,
    /// Ctrl-C.
    Interrupted,
}

/// What changes the status of a scan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leniency {
    /// An incomplete scan counts as far as it went.
    pub allow_incomplete: bool,
    /// Findings are reported, and no reason to fail.
    pub exit_zero: bool,
}

impl Status {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Status::Clean => 0,
            Status::Findings => 1,
            Status::Usage => 2,
            Status::Incomplete => 3,
            Status::Interrupted => 130,
        }
    }

    /// The status of a scan that ran.
    pub fn of_scan(complete: bool, findings: bool, leniency: Leniency) -> Status {
        if !complete && !leniency.allow_incomplete {
            Status::Incomplete
        } else if findings && !leniency.exit_zero {
            Status::Findings
        } else {
            Status::Clean
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_wins_unless_it_is_allowed() {
        let lenient = |allow_incomplete, exit_zero| Leniency { allow_incomplete, exit_zero };
        for (complete, findings, leniency, status) in [
            (true, false, lenient(false, false), Status::Clean),
            (true, true, lenient(false, false), Status::Findings),
            (false, false, lenient(false, false), Status::Incomplete),
            (false, true, lenient(false, false), Status::Incomplete),
            (false, true, lenient(true, false), Status::Findings),
            (false, false, lenient(true, false), Status::Clean),
            (true, true, lenient(false, true), Status::Clean),
            (false, true, lenient(false, true), Status::Incomplete),
            (false, true, lenient(true, true), Status::Clean),
        ] {
            assert_eq!(Status::of_scan(complete, findings, leniency), status);
        }
    }
}
