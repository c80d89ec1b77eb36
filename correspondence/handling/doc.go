// Package handling is what becomes of a message once it is released: for each group or community that it is addressed to, who received, read,
// took in charge, answered or closed it, and what went another way. It is a fold of acts, without engine and without input or output.
//
//	undelivered ─► delivered ─► read ─► taken in charge ─► answered
//	     │                                   │             closed without answer
//	     └─► operator desk ◄── misaddressed ─┴─► reassigned
//
// A message enters by [Matters.Release]; every later change is an [habilitation.Act] that [Matters.Check] allows and [Matters.Apply] folds.
// The deciding methods ([Matters.Take], [Matters.Close], …) say who may do what and give the act to append. They are asked by the one writer
// at head, so a claim has one winner.
//
// The fold also says which audiences a message has been brought to since its release ([Matters.Audiences]): what a marking is made of.
package handling
