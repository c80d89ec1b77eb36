package correspondence

import (
	"errors"
	"time"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/gate"
	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/tagging"
)

// family is the acts of one package: how they are written and read, and which folds they go to.
type family struct {
	snapshot string // the file of the folds that the acts go to
	owns     func(habilitation.Act) bool
	decode   func(kind string, version uint8, payload []byte) (habilitation.Act, error) // habilitation.ErrUnknownKind for another family's
	encode   func(habilitation.Act) (version uint8, payload []byte, err error)
	apply    func(h archive.Header, act habilitation.Act) error
	check    func(habilitation.Act) error
}

// families are all acts that the house knows. Those of habilitation come last: they are whatever no other family owns.
func (f *Folds) families() []family {
	return []family{
		{snapshotHandling, handling.IsAct, handling.DecodeAct, handling.EncodeAct, f.applyHandling, f.Handling.Check},
		{snapshotCircuits, circuit.IsAct, circuit.DecodeAct, circuit.EncodeAct, timed(f.Circuits.Apply), f.Circuits.Check},
		{snapshotGate, gate.IsAct, gate.DecodeAct, gate.EncodeAct, timed(f.Gate.Apply), f.Gate.Check},
		{snapshotDossiers, dossier.IsAct, dossier.DecodeAct, dossier.EncodeAct, timed(f.Dossiers.Apply), f.Dossiers.Check},
		{snapshotThesaurus, tagging.IsAct, tagging.DecodeAct, tagging.EncodeAct, timed(f.applyTagging), f.checkTagging},
		{snapshotRegister, func(habilitation.Act) bool { return true }, habilitation.DecodeAct, habilitation.EncodeAct, timed(f.Register.Apply), f.Register.Check},
	}
}

// timed gives a fold what it needs of an entry's header: when it was done, and by whom.
func timed(apply func(time.Time, habilitation.AgentID, habilitation.Act) error) func(archive.Header, habilitation.Act) error {
	return func(h archive.Header, act habilitation.Act) error { return apply(h.Time, h.Actor, act) }
}

func (f *Folds) familyOf(act habilitation.Act) family {
	all := f.families()
	for _, one := range all[:len(all)-1] {
		if one.owns(act) {
			return one
		}
	}
	return all[len(all)-1]
}

// applyTagging gives an act about tags to both folds that they go to.
func (f *Folds) applyTagging(at time.Time, by habilitation.AgentID, act habilitation.Act) error {
	if err := f.Thesaurus.Apply(at, by, act); err != nil {
		return err
	}
	return f.Declarations.Apply(at, by, act)
}

func (f *Folds) checkTagging(act habilitation.Act) error {
	return errors.Join(f.Thesaurus.Check(act), f.Declarations.Check(act))
}
