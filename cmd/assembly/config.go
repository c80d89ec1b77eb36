package assembly

import (
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"chancery/correspondence/keeping"
	"chancery/habilitation"
)

// Config is what an administrator settles about a house. Each field is one key of the configuration file, one environment variable
// (CHANCERY_ and the key in capitals) and, where `serve` has one, a flag: flags win over the environment, the environment over the file.
type Config struct {
	Name            string `key:"name" validate:"required,max=64"`                           // of the house, in certificates and on pages
	Domain          string `key:"domain" validate:"required,hostname_rfc1123,max=200"`       // of message identities, checkpoints and passes; for ever
	Listen          string `key:"listen" validate:"required,address"`                        // where serve listens
	TLS             string `key:"tls" validate:"oneof=auto always"`                          // auto: plain HTTP on a loopback address, TLS anywhere else
	Certificate     string `key:"certificate" validate:"required"`                           // PEM, relative to the folder
	CertificateKey  string `key:"certificate_key" validate:"required"`                       // PEM, relative to the folder
	MasterKeyFile   string `key:"master_key_file" validate:"required"`                       // relative to the folder, and outside it
	Journal         string `key:"journal" validate:"required"`                               // engine and place: "bolt:journal.db"
	TimeZone        string `key:"time_zone" validate:"required,timezone"`                    // in which pages tell the time and a day ends
	LogLevel        string `key:"log_level" validate:"oneof=debug info warn error"`          // least that is logged
	LogFormat       string `key:"log_format" validate:"oneof=text json"`                     // of the log on standard error
	Streams         int    `key:"streams" validate:"min=1,max=1000000"`                      // live streams at once, in all
	StreamsPerAgent int    `key:"streams_per_agent" validate:"min=1,max=1000"`               // live streams at once, of one agent
	SigningWindow   int    `key:"signing_window_minutes" validate:"min=1,max=1440"`          // how long after showing the password one may sign, in minutes
	Scanner         string `key:"scanner" validate:"omitempty,scanner"`                      // clamd, "unix:PATH" or "tcp:HOST:PORT"; empty: none
	FileMost        int    `key:"file_max_mib" validate:"min=1,max=2048"`                    // of one file that is joined to a draft, in MiB
	FileShare       int    `key:"file_share_mib" validate:"min=1,max=1048576"`               // of all files of an agent that are not released yet, in MiB
	FileWords       string `key:"file_words" validate:"oneof=on off"`                        // whether words and pictures are taken from files
	FileChildren    int    `key:"file_children" validate:"min=1,max=64"`                     // processes that look at files, at a time
	SMTPListen      string `key:"smtp_listen" validate:"omitempty,address"`                  // where mail from outside is taken; empty: nowhere
	MailDomain      string `key:"mail_domain" validate:"omitempty,hostname_rfc1123,max=200"` // of the mail addresses of groups and agents; empty: domain
	MailSize        int    `key:"mail_size_mib" validate:"min=1,max=1024"`                   // largest mail that is taken, in MiB
	MailQueue       int    `key:"mail_queue" validate:"min=1,max=10000000"`                  // mails that may wait to be archived; more are asked to come again
	MailQueueSize   int    `key:"mail_queue_mib" validate:"min=1,max=1048576"`               // and how large they may be together, in MiB
	MailRelay       string `key:"mail_relay" validate:"omitempty,address"`                   // server that takes mail to outside; empty: none leaves
	MailRelayTLS    string `key:"mail_relay_tls" validate:"oneof=always offered never"`      // of the line to it
	MailGate        string `key:"mail_gate" validate:"oneof=allow second-person block"`      // what the release gate says where no rule of it matches
	RetentionRules  string `key:"retention_rules" validate:"required,retention"`             // how long messages are kept, and when anybody may read them
	ArgonMemory     int    `key:"argon_memory_kib" validate:"min=47104,max=1048576"`         // memory of one password hashing, in KiB; not under 46 MiB
	ArgonPasses     int    `key:"argon_passes" validate:"min=1,max=16"`                      // passes of one password hashing

	places map[string]string // of the settings, by key
}

// DefaultConfig is what a house has that settles nothing but its name and domain.
func DefaultConfig() Config {
	return Config{Listen: "127.0.0.1:8080", TLS: "auto", Certificate: "tls/certificate.pem", CertificateKey: "tls/key.pem", Journal: "bolt:journal.db",
		TimeZone: "Europe/Paris", LogLevel: "info", LogFormat: "text", Streams: 10_000, StreamsPerAgent: 5, SigningWindow: 15,
		FileMost: 100, FileShare: 500, FileWords: "on", FileChildren: 2, MailSize: 25, MailQueue: 100_000, MailQueueSize: 4096, MailRelayTLS: "always", MailGate: "second-person", RetentionRules: keeping.DefaultRules,
		ArgonMemory: int(habilitation.ProductionArgon.Memory), ArgonPasses: int(habilitation.ProductionArgon.Passes)}
}

// Argon is the cost of hashing a password.
func (c Config) Argon() habilitation.Argon {
	return habilitation.Argon{Memory: uint32(c.ArgonMemory), Passes: uint32(c.ArgonPasses), Threads: 1}
}

// Retention is the rules by which messages are kept.
func (c Config) Retention() keeping.Rules {
	rules, err := keeping.ParseRules(c.RetentionRules)
	if err != nil {
		return nil // a configuration that was validated has rules
	}
	return rules
}

// Zone is the time zone of the pages.
func (c Config) Zone() *time.Location {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC // a configuration that was validated names one that exists
	}
	return zone
}

// Setting is one value with the place it was read from, so that a wrong one can be found again.
type Setting struct {
	Key   string
	Value string
	Place string // "chancery.toml line 12", "CHANCERY_LISTEN", "--listen"
}

// ConfigFault is one wrong setting.
type ConfigFault struct {
	Place string
	Key   string
	Why   string
}

func (f ConfigFault) Error() string {
	return strings.Join(slices.DeleteFunc([]string{f.Place, f.Key, f.Why}, func(s string) bool { return s == "" }), ": ")
}

// ErrConfig is wrapped by every error about a configuration.
var ErrConfig = errors.New("the configuration is wrong")

// NewConfig applies the settings to the defaults, later ones over earlier ones, and validates the result. All faults are joined in one
// error that wraps ErrConfig, each a ConfigFault that names the place and the key.
func NewConfig(settings ...Setting) (Config, error) {
	config := DefaultConfig()
	fields := fieldsOf(&config)
	places := map[string]string{}
	config.places = places
	var faults []error
	for _, s := range settings {
		field, known := fields[s.Key]
		if !known {
			faults = append(faults, ConfigFault{s.Place, s.Key, "no such key"})
			continue
		}
		if why := assign(field, s.Value); why != "" {
			faults = append(faults, ConfigFault{s.Place, s.Key, why})
			continue
		}
		places[s.Key] = s.Place
	}
	faults = append(faults, config.faults(places)...)
	if len(faults) > 0 {
		return config, fmt.Errorf("%w:\n%w", ErrConfig, errors.Join(faults...))
	}
	return config, nil
}

// fault is what is wrong with one setting, found out later than by reading it.
func (c Config) fault(key string, why error) error {
	place, set := c.places[key]
	if !set {
		place = "configuration"
	}
	return fmt.Errorf("%w:\n%s: %s: %w", ErrConfig, place, key, why)
}

// checkPlaces refuses what may not lie in the folder.
func (c Config) checkPlaces(folder string) error {
	inside, err := within(folder, place(folder, c.MasterKeyFile))
	if err == nil && inside {
		err = c.fault("master_key_file", fmt.Errorf("%s: it must stand outside the folder", c.MasterKeyFile))
	}
	return err
}

// fieldsOf lists the fields of a configuration by their keys.
func fieldsOf(config *Config) map[string]reflect.Value {
	value := reflect.ValueOf(config).Elem()
	fields := make(map[string]reflect.Value, value.NumField())
	for i, key := range Keys() {
		fields[key] = value.Field(i)
	}
	return fields
}

// Keys lists every key in the order of Config.
func Keys() []string {
	var keys []string
	for field := range reflect.TypeFor[Config]().Fields() {
		if key := field.Tag.Get("key"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// assign sets a field from its text and tells why it cannot.
func assign(field reflect.Value, text string) (why string) {
	if field.Kind() == reflect.String {
		field.SetString(text)
		return ""
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Sprintf("%q is not a whole number", text)
	}
	field.SetInt(int64(number))
	return ""
}

// faults asks the validator and puts its answers into words.
func (c Config) faults(places map[string]string) []error {
	check := validator.New(validator.WithRequiredStructEnabled())
	if err := check.RegisterValidation("address", func(f validator.FieldLevel) bool { return isAddress(f.Field().String()) }); err != nil {
		return []error{err}
	}
	if err := check.RegisterValidation("retention", func(f validator.FieldLevel) bool {
		_, err := keeping.ParseRules(f.Field().String())
		return err == nil
	}); err != nil {
		return []error{err}
	}
	if err := check.RegisterValidation("scanner", func(f validator.FieldLevel) bool { return isScanner(f.Field().String()) }); err != nil {
		return []error{err}
	}
	check.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("key") })
	var found validator.ValidationErrors
	if err := check.Struct(c); err != nil && !errors.As(err, &found) {
		return []error{err}
	}
	var faults []error
	for _, f := range found {
		place, set := places[f.Field()]
		if !set {
			place = "configuration"
		}
		faults = append(faults, ConfigFault{place, f.Field(), wordsFor(f)})
	}
	if !strings.HasPrefix(c.Journal, "bolt:") {
		faults = append(faults, ConfigFault{places["journal"], "journal", fmt.Sprintf("%q names no engine of this program: it knows bolt:FILE", c.Journal)})
	}
	return faults
}

// isAddress reports a host, which may be empty for every address of the machine, with a port; port 0 is any that is free.
func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	number, wrong := strconv.ParseUint(port, 10, 16)
	return err == nil && wrong == nil && strconv.FormatUint(number, 10) == port && !strings.ContainsAny(host, " /")
}

// isScanner reports where a clamd may be found.
func isScanner(text string) bool {
	network, place, _ := strings.Cut(text, ":")
	return network == "unix" && strings.HasPrefix(place, "/") || network == "tcp" && isAddress(place)
}

// wordsFor says in plain words what the validator found.
func wordsFor(f validator.FieldError) string {
	value := fmt.Sprintf("%q", fmt.Sprint(f.Value()))
	switch f.Tag() {
	case "required":
		return "is missing"
	case "address":
		return value + " is not an address and a port such as 127.0.0.1:8080"
	case "retention":
		return value + " is no list of retention rules such as " + keeping.DefaultRules
	case "scanner":
		return value + " is not a scanner such as unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310"
	case "hostname_rfc1123":
		return value + " is not a domain name such as diplomatie.example"
	case "timezone":
		return value + " is not a time zone such as Europe/Paris"
	case "oneof":
		return value + " is none of: " + strings.ReplaceAll(f.Param(), " ", ", ")
	case "min":
		return value + " is less than " + f.Param()
	case "max":
		return value + " is more than " + f.Param() + " allows"
	}
	return value + " is not " + f.Tag()
}
