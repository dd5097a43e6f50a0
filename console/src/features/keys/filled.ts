import type { Key, KeyAsk, KeyPatch } from "@/features/keys/data.ts"
import { instantOf, localOf } from "@/shared/range.ts"

export type Limit = { counts: "requests" | "tokens" | "concurrency"; most: string; perS: string }
export type Budget = { limit: string; per: string; hard: boolean; alert: string }

/** A form of a key, as text. */
export type Filled = {
  name: string
  environment: string
  owner: string
  department: string
  team: string
  models: string
  limits: readonly Limit[]
  budgets: readonly Budget[]
  policy: string
  expires: string
  networks: string
  labels: string
  permissions: readonly string[]
}

export const EMPTY: Filled = { name: "", environment: "", owner: "", department: "", team: "", models: "", limits: [], budgets: [], policy: "", expires: "", networks: "", labels: "", permissions: [] }

const list = (text: string) => text.split(/[\n,]/).map((one) => one.trim()).filter(Boolean)
const labels = (text: string) => Object.fromEntries(list(text).map((one) => [one.split("=")[0]?.trim() ?? "", one.includes("=") ? one.slice(one.indexOf("=") + 1).trim() : ""]))

const limitsOf = (found: readonly Limit[]): NonNullable<KeyAsk["limits"]> =>
  found.filter((one) => one.most !== "").map((one) => ({ [one.counts]: Number(one.most), ...(one.counts === "concurrency" ? {} : { per_s: Number(one.perS) }) }))

const budgetsOf = (found: readonly Budget[]): NonNullable<KeyAsk["budgets"]> =>
  found.filter((one) => one.limit !== "").map((one) => ({ limit: one.limit.trim(), per: one.per, hard: one.hard, alerts: one.alert ? [Number(one.alert) / 100] : [] }))

/** The body that makes the key: what was left empty is not sent. A day ends at its end, on the tenant's clocks. */
export function newKey(filled: Filled): KeyAsk {
  const models = list(filled.models)
  const networks = list(filled.networks)
  const marks = labels(filled.labels)
  const expires = instantOf(filled.expires)
  return {
    name: filled.name.trim(),
    ...(filled.environment.trim() ? { environment: filled.environment.trim() } : {}),
    ...(filled.owner === "" ? {} : { user: filled.owner === NOBODY ? "" : filled.owner }),
    ...(filled.department ? { department: filled.department } : {}),
    ...(filled.team ? { team: filled.team } : {}),
    ...(models.length ? { models } : {}),
    ...(filled.limits.length ? { limits: limitsOf(filled.limits) } : {}),
    ...(filled.budgets.length ? { budgets: budgetsOf(filled.budgets) } : {}),
    ...(filled.policy.trim() ? { policy: filled.policy.trim() } : {}),
    ...(expires ? { expires_at: expires } : {}),
    ...(networks.length ? { ip_allow: networks } : {}),
    ...(Object.keys(marks).length ? { metadata: marks } : {}),
    ...(filled.permissions.length ? { permissions: [...filled.permissions] } : {}),
  }
}

export const NOBODY = "-"

/** The form of a key that there is. */
export function filledOf(key: Key): Filled {
  return {
    name: key.name,
    environment: key.environment,
    owner: key.user,
    department: key.department,
    team: key.team,
    models: key.models.filter((model) => model !== "*").join("\n"),
    limits: key.limits.flatMap(limitOf),
    budgets: key.budgets.map(budgetOf),
    policy: key.policy,
    expires: key.expires_at ? localOf(key.expires_at) : "",
    networks: key.ip_allow.join("\n"),
    labels: Object.entries(key.metadata).map(([name, value]) => `${name}=${String(value)}`).join("\n"),
    permissions: key.permissions,
  }
}

function limitOf(row: Readonly<Record<string, unknown>>): Limit[] {
  const counts = (["requests", "tokens", "concurrency"] as const).find((name) => typeof row[name] === "number")
  return counts ? [{ counts, most: String(row[counts]), perS: String(row.per_s ?? "") }] : []
}

function budgetOf(row: Readonly<Record<string, unknown>>): Budget {
  const alert = Array.isArray(row.alerts) && typeof row.alerts[0] === "number" ? String(Math.round(row.alerts[0] * 100)) : ""
  return { limit: String(row.limit ?? ""), per: String(row.per ?? "month"), hard: row.hard !== false, alert }
}

/** The body that changes it: only what is otherwise; null takes away what was emptied. */
export function changeOf(before: Filled, after: Filled): KeyPatch {
  const made = newKey(after)
  const fields = { name: "name", environment: "environment", models: "models", limits: "limits", budgets: "budgets", policy: "policy", expires: "expires_at", networks: "ip_allow", labels: "metadata", permissions: "permissions" } as const
  const changed = Object.entries(fields).filter(([field]) => JSON.stringify(before[field as keyof Filled]) !== JSON.stringify(after[field as keyof Filled]))
  return Object.fromEntries(changed.map(([, name]) => [name, made[name] ?? (name === "models" ? ["*"] : null)]))
}
