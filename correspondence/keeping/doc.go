// Package keeping is what the archive does with messages in the long run: how long each is kept and from which rule, where it stands in the
// filing plan, and what may not be eliminated for the time being. It records and shows; nothing is eliminated here.
//
// A [Rule] is applied once, when a message is released, and its results are recorded with it: another rule later changes no message that
// there is. What an archivist changes afterwards is an act, folded by [Shelves].
package keeping
