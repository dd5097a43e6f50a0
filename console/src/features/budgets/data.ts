import { useMutation, useQuery } from "@tanstack/react-query"
import { isRecord } from "@/client/errors.ts"
import type { Stored } from "@/client/objects.ts"
import { type Answer, type Body, request } from "@/client/request.ts"
import type { User } from "@/client/session.ts"
import { strings } from "@/features/budgets/strings.ts"

export type Kind = "budgets" | "limits"
export type Standing = Answer<"GET /api/v1/admin/budgets/status">["items"][number]
export type WhatIf = Answer<"POST /api/v1/admin/budgets/what-if">
export type WhatIfAsk = Body<"POST /api/v1/admin/budgets/what-if">
export const DEFAULTS = { tab: "status", q: "", sort: "", open: "", scope: "team", match: "", limit: "", per: "month", days: "90" }
export type Filters = typeof DEFAULTS
const OFTEN_MS = 15_000

export function useStandings() {
  return useQuery({ queryKey: ["budgets", "status"], queryFn: ({ signal }) => request("GET /api/v1/admin/budgets/status", { signal }), refetchInterval: OFTEN_MS })
}

export function useWhatIf() {
  return useMutation({ mutationFn: (body: WhatIfAsk) => request("POST /api/v1/admin/budgets/what-if", { body }) })
}

export type Level = "plain" | "near" | "over"
const NEAR = 0.8

/** How far a budget is used, between 0 and whatever it came to; amounts are decimal texts. */
export function usedShare(one: Pick<Standing, "spent" | "held" | "limit">): number {
  const limit = Number(one.limit)
  const used = Number(one.spent) + Number(one.held)
  if (!(limit > 0)) return used > 0 ? 1 : 0
  return used / limit
}

export function levelOf(share: number): Level {
  return share >= 1 ? "over" : share >= NEAR ? "near" : "plain"
}

/** Whom a rule is about, by scope: as the gateway reads `match` and `where`. */
export function aboutOf(row: Stored): Array<readonly [scope: string, name: string]> {
  const document = row.document ?? {}
  const where = isRecord(document.where) ? Object.entries(document.where).map(([scope, name]) => [scope, String(name)] as const) : []
  const scope = typeof document.scope === "string" ? document.scope : ""
  return [...(scope ? [[scope, typeof document.match === "string" ? document.match : ""] as const] : []), ...where]
}

/** Whether a stored rule is about more than those whom a manager manages: it is not theirs to change. */
export function beyond(row: Stored, me: Pick<User, "role" | "operator" | "department" | "team"> | null): boolean {
  if (row.source !== "stored" || me?.role !== "manager" || me.operator) return false
  const [scope, name] = me.team === "" ? ["department", me.department] : ["team", me.team]
  return name === "" || !aboutOf(row).some(([one, value]) => one === scope && value === name)
}

/** `team books`, `each key`. */
export function aboutText(about: ReadonlyArray<readonly [string, string]>, nameOf: (scope: string, id: string) => string): string {
  return about.map(([scope, id]) => (id === "" ? (strings.each[scope] ?? scope) : strings.aboutOne(strings.scopes[scope] ?? scope, nameOf(scope, id)))).join(", ") || strings.everyone
}

/** What a limit allows, as people say it. */
export function allowsText(document: Readonly<Record<string, unknown>>, count: (value: number) => string): string {
  const per = typeof document.per === "string" ? document.per : ""
  const said = [
    typeof document.requests === "number" && strings.allows.requests(count(document.requests), per),
    typeof document.tokens === "number" && strings.allows.tokens(count(document.tokens), per),
    typeof document.concurrency === "number" && strings.allows.concurrency(count(document.concurrency)),
  ]
  return said.filter(Boolean).join("; ") || "–"
}

/** `a month`; `14d` stays as it is. */
export function periodText(per: unknown): string {
  return typeof per === "string" ? (strings.periods[per] ?? per) : (strings.periods.month ?? "")
}
