// Builds the program, serves its demonstration on a free port and ends it after the last test.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function ready(address, house) {
  for (let i = 0; i < 600; i++) {
    if (house.exitCode !== null) throw new Error(`the demonstration ended with ${house.exitCode}`);
    const answer = await fetch(`${address}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the demonstration is not ready after a minute");
}

// groups is the functional groups that may be written to at the restricted level.
async function groups(address, accounts) {
  const [account] = JSON.parse(readFileSync(accounts, "utf8"));
  const headers = { "Content-Type": "application/json" };
  const pass = await (await fetch(`${address}/api/v1/session`, { method: "POST", headers, body: JSON.stringify({ login: account.login, password: account.password }) })).json();
  const answer = await fetch(`${address}/api/v1/groups`, { headers: { Authorization: `Bearer ${pass.access_token}` } });
  return (await answer.json()).items.filter((group) => group.level === "restricted").map((group) => group.key);
}

export default async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "chancery-browser-"));
  const program = process.env.CHANCERY ?? join(folder, "chancery");
  if (!process.env.CHANCERY) execFileSync("go", ["build", "-o", program, "./cmd/chancery"], { cwd: root, stdio: "inherit" });
  const data = join(folder, "house");
  const address = `http://127.0.0.1:${await freePort()}`;
  const log = openSync(join(folder, "log"), "w");
  const house = spawn(program, ["demo", "--data", data, "--listen", address.slice(7), "--every", "0"], { stdio: ["ignore", log, log] });
  await ready(address, house);
  if (!existsSync(join(data, "accounts.json"))) throw new Error("the demonstration wrote no accounts.json");
  process.env.CHANCERY_GROUPS = JSON.stringify(await groups(address, join(data, "accounts.json")));
  process.env.CHANCERY_ADDRESS = address;
  process.env.CHANCERY_ACCOUNTS = join(data, "accounts.json");
  return async () => {
    const ended = new Promise((resolve) => house.once("exit", resolve));
    house.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}
