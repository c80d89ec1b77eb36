// Package assembly puts a house together: it is the one place, with cmd/chancery, that knows the names of engines.
//
// A house is one folder, readable by its owner alone:
//
//	chancery.toml      the configuration, commented
//	keys.db            one key for each payload and attachment, and every private key of the house, sealed by the master key
//	journal.db         the journal: messages and acts
//	readings/          the journal of readings, a file a month
//	vault/             attachments
//	desk.db            drafts, read marks and preferences
//	credentials.db     password hashes and sessions
//	snapshots/         what the house knows by heart; may be deleted
//	index/             the words of the messages; may be deleted
//	tls/               certificate and key of the web server
//
// The master key stands beside the folder, FOLDER.key, or in the variable CHANCERY_MASTER_KEY, and never inside: a backup of the folder
// is noise to whoever has no key. Losing the key loses the house.
//
// keys.db is opened first and held by one process at a time; a second one is told so at once with archive.ErrLocked.
package assembly
