// Package correspondence is a message's life: draft, release, archive, reading.
//
// An agent never gets a store or an index, only a [Desk], opened by showing a pass. A [Form] on the desk is a draft: whatever was typed is
// kept, and every fault is told at once. Release hands it to the [Chancery], the one writer, which takes the commands that wait, checks
// each against the state at head, allots numbers, signs and stamps in parallel, appends the whole batch in one durable write, folds it
// into register, thesaurus, ledger and rows, and answers. The words index and the streams follow behind.
//
//	Form ─► Draft ─► Message ─► dispatch ─► archive ─► Folds ─► Headline, MessageView
//	        (faults)  (valid)   (numbered,   (durable)  (rows,
//	                             signed)                 ledger)
//
// There is one way to the bytes: Desk.open asks the row as it is now, asks the rule, records the reading, then fetches. A message outside
// the perimeter and one that does not exist are the same [Refusal].
//
// What is private and may change (draft texts, read marks) lies in the [DeskStore] and proves nothing. Everything else is a fold of the
// journal and can be made again.
package correspondence
