package habilitation

import (
	"crypto/rand"
	"crypto/sha256"
)

// Terminal is a machine that the house knows by a secret. A machine it does not know reads unprotected messages only.
type Terminal struct {
	ID        ID
	Name      string // for people; never a reason for a level
	Level     Level  // the highest level that may be read on it
	Withdrawn bool
}

type terminalColumns struct {
	id        []ID
	name      []string
	level     []Level
	withdrawn []bool
	hash      [][32]byte
	byID      map[ID]uint32
	bySecret  map[[32]byte]uint32
}

func (c *terminalColumns) add(act TerminalRegistered) {
	position := uint32(len(c.id))
	hash := [32]byte(act.SecretHash)
	c.id = append(c.id, act.Terminal)
	c.name = append(c.name, act.Name)
	c.level = append(c.level, act.Level)
	c.withdrawn = append(c.withdrawn, false)
	c.hash = append(c.hash, hash)
	c.byID[act.Terminal] = position
	c.bySecret[hash] = position
}

func (c *terminalColumns) get(i uint32) Terminal {
	return Terminal{ID: c.id[i], Name: c.name[i], Level: c.level[i], Withdrawn: c.withdrawn[i]}
}

func (c *columns) checkTerminalRegistered(act TerminalRegistered) error {
	if _, known := c.terminals.byID[act.Terminal]; known || act.Terminal.IsZero() {
		return contradiction("terminal %s is not new", act.Terminal)
	}
	if badName(act.Name) || !act.Level.Valid() {
		return contradiction("terminal %q, level %d", act.Name, act.Level)
	}
	if len(act.SecretHash) != sha256.Size {
		return contradiction("secret hash of %d bytes", len(act.SecretHash))
	}
	hash := [32]byte(act.SecretHash)
	if _, known := c.terminals.bySecret[hash]; known || hash == sha256.Sum256(nil) {
		return contradiction("secret of another terminal, or none")
	}
	return nil
}

func (c *columns) checkTerminalCleared(act TerminalCleared) error {
	if !act.Level.Valid() {
		return contradiction("level %d", act.Level)
	}
	return c.checkTerminalInUse(act.Terminal)
}

func (c *columns) checkTerminalWithdrawn(act TerminalWithdrawn) error {
	return c.checkTerminalInUse(act.Terminal)
}

func (c *columns) checkTerminalInUse(id ID) error {
	if i, known := c.terminals.byID[id]; !known || c.terminals.withdrawn[i] {
		return contradiction("terminal %s is not in use", id)
	}
	return nil
}

// Terminal is the terminal that was registered under the identity, withdrawn or not.
func (r *Register) Terminal(id ID) (Terminal, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, ok := r.columns.terminals.byID[id]
	if !ok {
		return Terminal{}, false
	}
	return r.columns.terminals.get(i), true
}

// Terminals lists every terminal in the order of registration.
func (r *Register) Terminals() []Terminal {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Terminal, len(r.columns.terminals.id))
	for i := range all {
		all[i] = r.columns.terminals.get(uint32(i))
	}
	return all
}

// TerminalBySecret is the terminal to which the secret was handed, withdrawn or not.
func (r *Register) TerminalBySecret(secret string) (Terminal, bool) {
	hash := sha256.Sum256([]byte(secret))
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, ok := r.columns.terminals.bySecret[hash]
	if !ok {
		return Terminal{}, false
	}
	return r.columns.terminals.get(i), true
}

// NewTerminalSecret draws the secret that a terminal keeps and the SHA-256 that the register knows it by.
// The secret has 256 random bits in 52 characters, so a fast hash is enough to keep it.
func NewTerminalSecret() (secret string, hash []byte) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program itself
	secret = idEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}
