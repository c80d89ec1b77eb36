// Package dossier keeps which messages, notes and files were gathered under one title.
//
// A dossier only refers. It moves no message, shows none to anybody and changes no marking: whoever opens it sees of its messages those
// that the reading rule admits to them, and whoever shows a dossier asks the rule for each. A dossier belongs to an audience, whose
// drafters, signatories and managers write in it, and is read by the members of that audience and of those it was opened or shared to,
// as far as they are cleared for its level.
//
// The Dossiers are a fold of the journal's acts. Open, AddMessage, RemoveMessage, AddNote, AddFile, Share and Close decide: they change
// nothing and give the act to append; Apply folds it once the journal has it.
package dossier
