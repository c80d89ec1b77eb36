// Package inspection looks at files before anybody may have them. It is the [correspondence.Inspector] of a house.
//
// What is sent in lies in the quarantine, a folder that nothing serves. When it is whole it is looked at in this order, and the first that
// objects decides:
//
//	kind      its name's extension and its first bytes must agree, and be of a kind that the house takes
//	scanner   clamd, when one is configured: only the exact answer "OK" is clean, and without an answer there is no verdict
//	archive   a ZIP file, and so every office document, is walked to its end: entries, sizes counted while reading, depth, overlaps
//	picture   JPEG, PNG and GIF are drawn anew, so that nothing stays of what a camera or a program wrote beside the picture
//	words     text, and how the first page looks, for search and preview; a file that does not give them is taken without
//
// It also reads the mails of others ([Inspector.ReadMail]), which are no files yet: what is kept of one is decided by whoever asked.
//
// No parser runs in this process. Each runs in a child, the same executable started as "chancery inspect", that has no environment, the file
// already open, and hard limits on memory, processor time, files and what it writes. A child that is killed gave no verdict: the file is
// refused where the verdict was needed, and taken without words where only those were asked for. Files have a child each; a child that reads
// mails lives on from one to the next, each within a time of its own, because there are many and they are small.
package inspection
