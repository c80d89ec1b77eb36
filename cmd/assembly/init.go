package assembly

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"chancery/archive"
)

// The places inside a house's folder that no setting moves.
const (
	configName      = "chancery.toml"
	keysName        = "keys.db"
	readingsName    = "readings"
	vaultName       = "vault"
	quarantineName  = "quarantine"
	deskName        = "desk.db"
	credentialsName = "credentials.db"
	snapshotsName   = "snapshots"
	indexName       = "index"
)

var (
	// ErrHouseExists is returned by Init for a folder that holds a house.
	ErrHouseExists = errors.New("there is a house already")
	// ErrFolderNotEmpty is returned by Init for a folder that holds something else, the remains of an interrupted Init included.
	ErrFolderNotEmpty = errors.New("the folder is not empty")
	// ErrNoHouse is returned by Open for a folder that holds no house.
	ErrNoHouse = errors.New("there is no house")
)

// InitOptions say what a new house is like.
type InitOptions struct {
	Name   string // 1 to 64 characters
	Domain string // "diplomatie.example"
	// Settings go into the configuration file in place of the defaults.
	Settings []Setting
	// MasterKey is used as it is and written nowhere. Nil: the key in MasterKeyFile, drawn and written there when the file is missing.
	MasterKey *archive.MasterKey
	// MasterKeyFile is FOLDER.key when empty.
	MasterKeyFile string
	// Hosts are the names and addresses in the self-signed certificate of the web server, beside those of the loopback and of the machine.
	Hosts []string
	// Clock dates the certificates; time.Now when nil.
	Clock func() time.Time
	// Random gives the bytes of each private key by its purpose; nil: the operating system's.
	Random func(purpose string) io.Reader
}

// Init makes a house in a folder that is empty or missing. The configuration file is written last: a folder without it holds no house.
func Init(ctx context.Context, folder string, o InitOptions) error {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.MasterKeyFile == "" {
		o.MasterKeyFile = filepath.Clean(folder) + ".key"
	}
	config, err := o.config(folder)
	if err != nil {
		return fmt.Errorf("make house: %w", err)
	}
	if err := makeFolder(folder); err != nil {
		return fmt.Errorf("make house in %s: %w", folder, err)
	}
	if err := o.furnish(ctx, folder, config); err != nil {
		return errors.Join(fmt.Errorf("make house in %s: %w", folder, err), emptyFolder(folder)) // whatever is in it was made just now
	}
	return nil
}

// furnish puts everything into the empty folder. A master key that it drew goes again when the rest does not come about.
func (o InitOptions) furnish(ctx context.Context, folder string, config Config) error {
	master, drawn, err := o.master()
	if err != nil {
		return err
	}
	err = o.found(ctx, folder, config, master)
	if err == nil {
		var text []byte
		if text, err = config.text(); err == nil {
			err = writeFile(filepath.Join(folder, configName), text)
		}
	}
	if err != nil && drawn {
		err = errors.Join(err, os.Remove(o.MasterKeyFile))
	}
	return err
}

// emptyFolder removes what is in a folder, and leaves the folder: it may be where a disk is mounted.
func emptyFolder(folder string) error {
	found, err := os.ReadDir(folder)
	for _, entry := range found {
		err = errors.Join(err, os.RemoveAll(filepath.Join(folder, entry.Name())))
	}
	return err
}

// config is the configuration of the new house.
func (o InitOptions) config(folder string) (Config, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return Config{}, err
	}
	key, err := filepath.Abs(o.MasterKeyFile)
	if err != nil {
		return Config{}, err
	}
	if inside, err := within(absolute, key); err != nil || inside {
		return Config{}, fmt.Errorf("master key %s: it must stand outside the folder", o.MasterKeyFile)
	}
	if relative, err := filepath.Rel(absolute, key); err == nil && filepath.Dir(absolute) == filepath.Dir(key) {
		key = relative // the pair may be moved together
	}
	settings := append([]Setting{{"name", o.Name, "name"}, {"domain", o.Domain, "domain"}, {"master_key_file", key, "master key"}}, o.Settings...)
	return NewConfig(settings...)
}

// within reports whether a path is the folder or in it.
func within(folder, path string) (bool, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return false, err
	}
	relative, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(relative), nil
}

// makeFolder makes the folder, or takes an empty one.
func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	found, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range found {
		if entry.Name() == configName {
			return ErrHouseExists
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("%w: it holds %s", ErrFolderNotEmpty, found[0].Name())
	}
	return os.Chmod(folder, 0o700)
}

// master is the key that was given, that of the file, or a new one drawn into the file.
func (o InitOptions) master() (master archive.MasterKey, drawn bool, err error) {
	if o.MasterKey != nil {
		return *o.MasterKey, false, nil
	}
	master, err = archive.CreateMasterKey(o.MasterKeyFile)
	if errors.Is(err, fs.ErrExist) {
		master, err = archive.ReadMasterKey(o.MasterKeyFile)
		return master, false, err
	}
	return master, err == nil, err
}

// found makes the keys and certificates, then opens everything once, which makes every file.
func (o InitOptions) found(ctx context.Context, folder string, config Config, master archive.MasterKey) error {
	options := Options{MasterKey: &master, Clock: o.Clock, Random: o.Random, Log: slog.New(slog.DiscardHandler)}
	b := &builder{folder: folder, options: options, making: founding, house: &House{Folder: folder, Config: config}}
	if err := b.openKeys(ctx); err != nil {
		return err
	}
	_, err := archive.FoundSealery(ctx, b.sealery())
	if err := errors.Join(err, b.house.Keys.Close()); err != nil {
		return err
	}
	if err := makeCertificate(filepath.Join(folder, config.Certificate), filepath.Join(folder, config.CertificateKey), append(o.Hosts, config.Domain), o.Clock()); err != nil {
		return err
	}
	house, err := open(ctx, folder, config, options, founding)
	if err != nil {
		return err
	}
	return house.Close()
}

// writeFile puts a file in place in one step, durably.
func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return archive.SyncFolder(filepath.Dir(path))
}

func randomOf(random func(string) io.Reader, purpose string) io.Reader {
	if random == nil {
		return rand.Reader
	}
	return random(purpose)
}
