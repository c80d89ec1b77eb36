// Package postal is mail as the rest of the world sends it: how one is read, whatever is wrong with it, and the queues in which it waits.
//
// [Read] never fails. A mail is hostile input written by programs that follow no rule, and it is somebody's letter all the same: whatever
// cannot be understood is named as a flaw, and what a reader of mail would find is found. The bytes are somebody else's to keep: nothing here
// alters them.
//
// A [Queue] holds what was taken over a line and not yet decided. What it acknowledged is durable.
package postal
