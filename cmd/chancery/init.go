package main

import (
	"path/filepath"

	"chancery/cmd/assembly"
)

// initCommand makes a house.
type initCommand struct {
	Name          string   `help:"Name of the house, on pages and in certificates." default:"Chancery"`
	Domain        string   `help:"Domain of message identities; it can never change." default:"chancery.example"`
	Listen        string   `help:"Address on which serve will listen." placeholder:"HOST:PORT"`
	Host          []string `help:"Further names or addresses in the self-signed certificate." placeholder:"NAME"`
	MasterKeyFile string   `help:"Where the master key goes, outside the folder (default: DIR.key)." placeholder:"FILE"`
}

// Run makes the house.
func (c *initCommand) Run(s *session) error {
	folder, err := s.folder()
	if err != nil {
		return err
	}
	o := assembly.InitOptions{Name: c.Name, Domain: c.Domain, Hosts: c.Host, MasterKeyFile: c.MasterKeyFile, Settings: assembly.FromEnvironment(s.lookup)}
	if c.Listen != "" {
		o.Settings = append(o.Settings, assembly.Setting{Key: "listen", Value: c.Listen, Place: "--listen"})
	}
	if o.MasterKey, err = s.masterKey(); err != nil {
		return err
	}
	if err := assembly.Init(s.ctx, folder, o); err != nil {
		return err
	}
	if o.MasterKeyFile == "" {
		o.MasterKeyFile = filepath.Clean(folder) + ".key"
	}
	s.say("house_made", c.Name, folder)
	if o.MasterKey == nil {
		s.say("master_key", o.MasterKeyFile)
	} else {
		s.say("master_key_env")
		o.MasterKeyFile = ""
	}
	s.say("next_steps", folder)
	return s.answer(struct {
		Folder        string `json:"folder"`
		MasterKeyFile string `json:"master_key_file,omitempty"`
	}{folder, o.MasterKeyFile})
}
