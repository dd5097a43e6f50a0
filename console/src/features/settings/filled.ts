import type { Settings, Tenant, TenantPut } from "@/features/settings/data.ts"

/** The form of an organisation's settings as it is typed: empty stands for "as the installation has it". */
export type Filled = ReturnType<typeof filledOf>
export const EYES = ["budget_raise", "policy_change", "reveal"] as const
export const KEPT = ["requests", "audit", "findings"] as const

const text = (value: number | string | null | undefined) => (value === null || value === undefined ? "" : String(value))

export function filledOf(tenant: Tenant) {
  const { settings } = tenant
  return {
    name: tenant.name,
    currency: text(settings.currency),
    zone: text(settings.time_zone),
    locale: text(settings.locale),
    alone: settings.passwords === false,
    eyes: { budget_raise: settings.four_eyes?.budget_raise ?? false, policy_change: settings.four_eyes?.policy_change ?? false, reveal: settings.four_eyes?.reveal ?? false },
    expires: text(settings.four_eyes?.expires_hours),
    role: text(settings.defaults?.role),
    keyDays: text(settings.defaults?.key_days),
    models: (settings.defaults?.models ?? []).join("\n"),
    kept: { requests: text(settings.retention?.requests), audit: text(settings.retention?.audit), findings: text(settings.retention?.findings) },
  }
}

const number = (typed: string) => (typed.trim() === "" ? null : Number(typed))

/** What to send. A group of which nothing is said is taken out. */
export function putOf(filled: Filled, tenant: Tenant): TenantPut {
  const models = filled.models.split("\n").map((line) => line.trim()).filter(Boolean)
  const kept = { requests: number(filled.kept.requests), audit: number(filled.kept.audit), findings: number(filled.kept.findings) }
  const defaults = { role: filled.role === "user" || filled.role === "viewer" ? filled.role : null, key_days: number(filled.keyDays), models: models.length ? models : null } as const
  const settings: Settings = {
    ...tenant.settings,
    currency: filled.currency || null,
    time_zone: filled.zone || null,
    locale: filled.locale.trim() || null,
    passwords: filled.alone ? false : null,
    four_eyes: { ...filled.eyes, expires_hours: number(filled.expires) },
    defaults: isSaid(defaults) ? defaults : null,
    retention: isSaid(kept) ? kept : null,
  }
  return { ...(filled.name === tenant.name ? {} : { name: filled.name }), settings, version: tenant.version }
}

function isSaid(group: object): boolean {
  return Object.values(group).some((value) => value !== null)
}

/** How money and time look there; nothing where the browser knows no such place. */
export function sampleOf(locale: string, zone: string, currency: string, now: Date): string | null {
  try {
    const money = new Intl.NumberFormat(locale, { style: "currency", currency }).format(1234567.891)
    return `${money} · ${new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short", timeZone: zone }).format(now)}`
  } catch {
    return null
  }
}
