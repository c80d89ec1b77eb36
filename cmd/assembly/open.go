package assembly

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chancery/archive"
	"chancery/archive/boltjournal"
	"chancery/archive/boltkeys"
	"chancery/archive/filevault"
	"chancery/correspondence"
	"chancery/correspondence/boltdesk"
	"chancery/correspondence/gate"
	"chancery/correspondence/inspection"
	"chancery/habilitation"
	"chancery/habilitation/boltcredentials"
	"chancery/search/bleveindex"
)

// Options say how a house is opened; the zero value is right for a house in service. What it has beyond the first three is for tests,
// which need two houses to be equal byte for byte, and for throwaway houses.
type Options struct {
	Settings  []Setting          // of the environment and the command line, over the file's
	MasterKey *archive.MasterKey // nil: the key in the configured file
	Log       *slog.Logger       // nil: nothing is logged
	Restored  bool               // go on though the journals end before what the folder has known of them, or readings, desks or credentials are gone

	Clock        func() time.Time                           // nil: time.Now
	NewID        func(hint []byte) habilitation.ID          // nil: random
	Salt         func(habilitation.ID) [32]byte             // of payloads; nil: random
	Random       func(purpose string) io.Reader             // of certificates, sealing and passes; nil: the operating system's
	Argon        *habilitation.Argon                        // nil: as configured; only a throwaway house takes one cheaper than production
	Throttle     habilitation.Throttle                      // of sign-ins; zero: the default
	Limits       map[habilitation.Level]habilitation.Limits // of sessions; nil: the default
	SigningLimit time.Duration                              // zero: the default
	Heartbeat    time.Duration                              // of streams; zero: the default
	Child        []string                                   // what starts a child that looks at a file: the program and its subcommand; nil: what needs a parser has no verdict
	InspectAgain time.Duration                              // zero: the default
	Idle         bool                                       // the house does what it is told to and nothing by itself
}

// House is a house that is open: what its parts are called by who composes, drives or verifies it.
type House struct {
	Folder      string
	Config      Config
	Chancery    *correspondence.Chancery
	Authority   *habilitation.Authority
	Credentials habilitation.Credentials
	Journal     archive.Journal
	Readings    archive.Journal
	Trees       archive.Trees
	Keys        archive.Keys
	Vault       archive.Vault
	Store       correspondence.DeskStore
	Index       *bleveindex.Index
	Sealery     *archive.Sealery

	closers []func() error // in the order of opening
}

// Open opens the house in a folder, and makes nothing that cannot be made again. The errors are archive.ErrLocked when another process has it,
// archive.ErrWrongMasterKey, archive.ErrMissing, archive.ErrDamaged, archive.ErrSetBack, ErrNoHouse and ErrConfig; whatever had been opened is
// closed again.
func Open(ctx context.Context, folder string, o Options) (*House, error) {
	config, err := ReadConfig(folder, o.Settings...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", folder, err)
	}
	return open(ctx, folder, config, o, existing)
}

// ReadConfig reads the configuration of the house in a folder, with settings over it: ErrNoHouse or ErrConfig.
func ReadConfig(folder string, over ...Setting) (Config, error) {
	settings, err := ReadConfigFile(filepath.Join(folder, configName))
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, ErrNoHouse
	}
	if err != nil {
		return Config{}, err
	}
	config, err := NewConfig(append(settings, over...)...)
	if err != nil {
		return config, err
	}
	return config, config.checkPlaces(folder)
}

// making says whether the house is being made: only then are its files.
type making bool

const (
	existing making = false
	founding making = true
)

func open(ctx context.Context, folder string, config Config, o Options, m making) (*House, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &builder{folder: folder, options: o, making: m, house: &House{Folder: folder, Config: config}}
	for _, step := range []func(context.Context) error{b.present, b.openKeys, b.openSealery, b.openJournals, b.openStores, b.openFolds, b.openInspector, b.openChancery} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", folder, err), b.house.Close())
		}
	}
	return b.house, nil
}

// Close closes everything in the reverse order of opening; the folds are written to their snapshots.
func (h *House) Close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// builder opens a house step by step; each step needs those before it.
type builder struct {
	folder    string
	options   Options
	making    making
	house     *House
	folds     *correspondence.Folds
	vault     *filevault.Vault
	inspector *inspection.Inspector
}

func (b *builder) path(name string) string { return place(b.folder, name) }

func (b *builder) opened(closer func() error) { b.house.closers = append(b.house.closers, closer) }

// present names every file at once that an existing house has and this one has not.
func (b *builder) present(context.Context) error {
	if b.making == founding {
		return nil
	}
	_, journal, _ := strings.Cut(b.house.Config.Journal, ":")
	names := []string{journal, keysName}
	if !b.options.Restored {
		names = append(names, readingsName, credentialsName, deskName)
	}
	var missing []error
	for _, name := range names {
		if _, err := os.Stat(b.path(name)); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, fmt.Errorf("%s: %w", name, archive.ErrMissing))
		}
	}
	return errors.Join(missing...)
}

// truth is how a file is opened that nothing can make again: it is made with the house.
func truth[how any](b *builder, open, create how) how {
	if b.making == founding {
		return create
	}
	return open
}

// replaceable is how a file is opened without which a house can be restored: what it held is lost, and the house goes on.
func replaceable[how any](b *builder, open, create how) how {
	if b.options.Restored {
		return create
	}
	return truth(b, open, create)
}

func (b *builder) openKeys(context.Context) error {
	master := b.options.MasterKey
	if master == nil {
		read, err := archive.ReadMasterKey(b.path(b.house.Config.MasterKeyFile))
		if errors.Is(err, fs.ErrNotExist) {
			return b.house.Config.fault("master_key_file", err)
		}
		if err != nil {
			return err
		}
		master = &read
	}
	keys, err := truth(b, boltkeys.Open, boltkeys.Create)(b.path(keysName), *master, boltkeys.Options{Clock: b.options.Clock})
	if err != nil {
		return err
	}
	b.house.Keys = keys
	b.opened(keys.Close)
	return nil
}

// origin names the house's trees and passes.
func (c Config) origin() string { return c.Domain + "/chancery" }

func (b *builder) sealery() archive.SealeryConfig {
	config := b.house.Config
	return archive.SealeryConfig{House: config.Name, Origin: config.origin(), Keys: b.house.Keys, Clock: b.options.Clock, Random: b.options.Random}
}

func (b *builder) openSealery(ctx context.Context) (err error) {
	b.house.Sealery, err = archive.OpenSealery(ctx, b.sealery())
	return err
}

func (b *builder) openJournals(ctx context.Context) error {
	engine, path, _ := strings.Cut(b.house.Config.Journal, ":")
	switch engine {
	case "bolt":
		if err := b.openBoltJournals(path); err != nil {
			return err
		}
		return b.settle(ctx)
	}
	return fmt.Errorf("journal %q: this program has no such engine", b.house.Config.Journal)
}

func (b *builder) openBoltJournals(path string) error {
	options := boltjournal.Options{Keys: b.house.Keys, Name: "main", Origin: b.house.Config.origin(), Signer: b.house.Sealery.CheckpointKey(),
		Clock: b.options.Clock, Salt: b.options.Salt}
	journal, err := truth(b, boltjournal.Open, boltjournal.Create)(b.path(path), options)
	if errors.Is(err, archive.ErrOtherOrigin) {
		return b.house.Config.fault("domain", fmt.Errorf("%q is not the one that the house was made with, which can never change (%w)", b.house.Config.Domain, err))
	}
	if err != nil {
		return err
	}
	b.house.Journal, b.house.Trees = journal, journal
	b.opened(journal.Close)
	options.Name, options.Signer = "readings", nil
	readings, err := replaceable(b, boltjournal.OpenMonthly, boltjournal.CreateMonthly)(b.path(readingsName), options)
	if err != nil {
		return err
	}
	b.house.Readings = readings
	b.opened(readings.Close)
	return nil
}

// settle compares the ends of the journals. When the house is restored it forgets what was folded of another past, and notes in the journal
// of readings from where it goes on.
func (b *builder) settle(ctx context.Context) error {
	if !b.options.Restored {
		return archive.CheckEnds(ctx, b.house.Journal, b.house.Readings)
	}
	if err := errors.Join(os.RemoveAll(b.path(snapshotsName)), os.RemoveAll(b.path(indexName))); err != nil {
		return err
	}
	head, err := b.house.Journal.Head(ctx)
	if err != nil {
		return err
	}
	note := archive.Draft{ID: habilitation.NewID(), Kind: archive.KindRestored, Version: 1, Level: habilitation.Restricted, Time: b.options.Clock(),
		Payload: fmt.Appendf(nil, `{"entries":%d}`, head.Seq), Cites: head}
	_, err = b.house.Readings.Append(ctx, archive.AnyHead, []archive.Draft{note})
	return err
}

func (b *builder) openStores(ctx context.Context) error {
	vault, err := filevault.Open(ctx, b.path(vaultName), b.house.Keys)
	if err != nil {
		return err
	}
	b.house.Vault, b.vault = vault, vault
	b.opened(vault.Close)
	return errors.Join(b.openDesks(), b.openCredentials()) // what is wrong with either is told at once
}

func (b *builder) openDesks() error {
	store, err := replaceable(b, boltdesk.Open, boltdesk.Create)(b.path(deskName))
	if err != nil {
		return err
	}
	b.house.Store = store
	b.opened(store.Close)
	return nil
}

func (b *builder) openCredentials() error {
	credentials, err := replaceable(b, boltcredentials.Open, boltcredentials.Create)(b.path(credentialsName))
	if err != nil {
		return err
	}
	b.house.Credentials = credentials
	b.opened(credentials.Close)
	return nil
}

// openFolds loads what the house knows by heart, and the index over it.
func (b *builder) openFolds(ctx context.Context) error {
	head, err := b.house.Journal.Head(ctx)
	if err != nil {
		return err
	}
	if b.folds, err = correspondence.LoadFolds(b.path(snapshotsName), head, b.options.Log); err != nil {
		return err
	}
	index, err := bleveindex.Open(b.path(indexName), b.folds.Rows, correspondence.TextsOf(b.house.Journal, b.house.Vault), bleveindex.Options{})
	if err != nil {
		return err
	}
	b.house.Index = index
	b.opened(index.Close)
	if why := index.SetAside(); why != nil {
		b.options.Log.Warn("the search index is set aside and made again", "why", why.Error())
	}
	through, err := index.Progress(ctx)
	if err == nil && through > uint64(head.Seq) {
		err = fmt.Errorf("the journal ends at entry %d, the search index has seen entry %d: %w", head.Seq, through, archive.ErrSetBack)
	}
	return err
}

// openInspector opens the quarantine.
func (b *builder) openInspector(context.Context) (err error) {
	config, child := b.house.Config, b.options.Child
	b.inspector, err = inspection.New(inspection.Config{Folder: b.path(quarantineName), Scanner: config.Scanner, Program: child, Children: config.FileChildren,
		Words: inspection.Words(config.FileWords == "on" && len(child) > 0), Clock: b.options.Clock, Log: b.options.Log})
	if err == nil {
		b.opened(b.inspector.Close)
	}
	return err
}

func (b *builder) openChancery(ctx context.Context) (err error) {
	argon := b.house.Config.Argon()
	if b.options.Argon != nil {
		argon = *b.options.Argon
	}
	newID := b.options.NewID
	if newID == nil {
		newID = func([]byte) habilitation.ID { return habilitation.NewID() }
	}
	b.house.Authority, err = habilitation.NewAuthority(habilitation.AuthorityConfig{
		Register: b.folds.Register, Grants: b.folds.Declarations, Credentials: b.house.Credentials, Key: b.house.Sealery.PassKey(),
		Issuer: b.house.Config.origin(), Clock: b.options.Clock, Argon: argon, NewID: func() habilitation.ID { return newID([]byte("session")) },
		Limits: b.options.Limits, Throttle: b.options.Throttle, Random: randomOf(b.options.Random, "authority")})
	if err != nil {
		return err
	}
	h := b.house
	h.Chancery, err = correspondence.Open(ctx, correspondence.Config{Domain: h.Config.Domain, MailDomain: h.Config.MailDomain, Relayed: h.Config.MailRelay != "", GateDefault: gate.Outcome(h.Config.MailGate), Folds: b.folds, Journal: h.Journal, Trees: h.Trees,
		Readings: h.Readings, Vault: h.Vault, Seals: h.Sealery, Index: h.Index, Store: h.Store, Authority: h.Authority, Snapshots: b.path(snapshotsName),
		Zone: h.Config.Zone(), Retention: h.Config.Retention(), Clock: b.options.Clock, NewID: newID, Log: b.options.Log, SigningLimit: b.options.SigningLimit,
		SigningWindow: time.Duration(b.house.Config.SigningWindow) * time.Minute, Heartbeat: b.options.Heartbeat,
		Idle: b.options.Idle, Inspector: b.inspector, InspectAgain: b.options.InspectAgain, Discard: b.vault.Discard,
		Uploads: correspondence.UploadLimits{File: int64(h.Config.FileMost) << 20, Agent: int64(h.Config.FileShare) << 20}})
	if err != nil {
		return err
	}
	b.opened(h.Chancery.Close)
	return nil
}

// Remove deletes a throwaway house with its key. The folder itself stays, empty.
func Remove(folder string) error {
	return errors.Join(emptyFolder(folder), os.RemoveAll(filepath.Clean(folder)+".key"))
}
