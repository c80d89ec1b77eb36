// Package tagging keeps the vocabulary of themes and who is interested in which.
//
// A tag is a theme with names in two languages, synonyms, a steward and a state: the Thesaurus. An audience declares the tags it is
// interested in: the Declarations. A declaration holds for unprotected messages at once, and for restricted ones once the tag's steward has
// approved it; it is what lets an audience receive, and its members read, messages that are not addressed to it.
//
// Both are folds of the journal's acts, and both are given every act of this package. Declare, Approve, Refuse and Withdraw decide: they
// change nothing and give the act to append; Apply folds it once the journal has it.
//
// Words are compared by Fold, which ignores case and accents.
package tagging
