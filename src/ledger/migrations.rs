//! Brings a file to the present format, all steps in one transaction: a file is of the old format or of the new one, never
//! between them.

use rusqlite::{Connection, Result, TransactionBehavior};

/// What stands in the way of using a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// Its format is newer than the last step.
    Newer(i64),
    /// It holds tables, and they are not ours.
    Foreign,
}

/// Format of a file that this program may use, or why it may not. 0 is an empty file.
pub(super) fn version(
    connection: &Connection,
    application: i64,
    known: i64,
) -> Result<std::result::Result<i64, Mismatch>> {
    let owner: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(match (owner == application, tables) {
        (false, 0) => Ok(0),
        (false, _) => Err(Mismatch::Foreign),
        (true, _) if found > known || found < 0 => Err(Mismatch::Newer(found)),
        (true, _) => Ok(found),
    })
}

/// Takes the steps that are missing.
pub(super) fn migrate(
    connection: &mut Connection,
    application: i64,
    steps: &[&str],
) -> Result<std::result::Result<(), Mismatch>> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster: what counts is what is there now.
    let found = match version(&tx, application, known)? {
        Ok(found) => found,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    for step in steps.iter().skip(usize::try_from(found).unwrap_or_default()) {
        tx.execute_batch(step)?;
    }
    if found < known {
        tx.pragma_update(None, "application_id", application)?;
        tx.pragma_update(None, "user_version", known)?;
    }
    tx.commit()?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::schema::{APPLICATION, STEPS};

    const OLD: &[&str] = &["CREATE TABLE sums (euro INTEGER NOT NULL) STRICT"];
    const NEW: &[&str] =
        &[OLD[0], "ALTER TABLE sums RENAME COLUMN euro TO cents; UPDATE sums SET cents = cents * 100"];
    const BROKEN: &[&str] = &[OLD[0], "UPDATE sums SET euro = 7; CREATE TABLE sums (again INTEGER)"];

    fn old() -> Connection {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection, APPLICATION, OLD).expect("works").expect("is empty");
        connection.execute("INSERT INTO sums VALUES (3)", []).expect("a row");
        connection
    }

    fn sum(connection: &Connection, column: &str) -> i64 {
        connection.query_row(&format!("SELECT {column} FROM sums"), [], |row| row.get(0)).expect("one row")
    }

    fn found(connection: &Connection) -> std::result::Result<i64, Mismatch> {
        version(connection, APPLICATION, 9).expect("readable")
    }

    #[test]
    fn an_older_file_becomes_the_present_one_with_what_is_in_it() {
        let mut connection = old();
        migrate(&mut connection, APPLICATION, NEW).expect("works").expect("is ours");
        assert_eq!((sum(&connection, "cents"), found(&connection)), (300, Ok(2)));
        migrate(&mut connection, APPLICATION, NEW).expect("works").expect("nothing to do");
        assert_eq!(sum(&connection, "cents"), 300);
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_file() {
        let mut connection = old();
        migrate(&mut connection, APPLICATION, BROKEN).expect_err("the table is there");
        assert_eq!((sum(&connection, "euro"), found(&connection)), (3, Ok(1)));
    }

    #[test]
    fn a_newer_file_and_somebody_elses_are_left_alone() {
        let mut connection = old();
        migrate(&mut connection, APPLICATION, NEW).expect("works").expect("is ours");
        let refused = migrate(&mut connection, APPLICATION, OLD).expect("readable");
        assert_eq!(refused, Err(Mismatch::Newer(2)));
        let refused = migrate(&mut connection, APPLICATION + 1, OLD).expect("readable");
        assert_eq!((refused, sum(&connection, "cents")), (Err(Mismatch::Foreign), 300));
    }

    #[test]
    fn every_table_and_view_says_what_it_is_for() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection, APPLICATION, STEPS).expect("works").expect("is empty");
        let sql = "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view')";
        let mut statement = connection.prepare(sql).expect("a schema");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let tables: Vec<(String, String)> = rows.map(|row| row.expect("two texts")).collect();
        assert!(tables.len() > 15, "{tables:?}");
        for (name, sql) in tables {
            let second = sql.lines().nth(1).unwrap_or_default().trim_start().to_owned();
            assert!(second.starts_with("-- "), "{name} does not say what it is for:\n{sql}");
        }
    }
}
