import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { ApiError, isRecord } from "@/client/errors.ts"
import { request } from "@/client/request.ts"
import { strings } from "@/features/system/strings.ts"

export const DEFAULTS = { tab: "", q: "", section: "", open: "" }
const { said } = strings.kept
const EVERY_MS = 5000

export function useInfo() {
  return useQuery({ queryKey: ["system", "info"], refetchInterval: EVERY_MS, queryFn: ({ signal }) => request("GET /api/v1/admin/system/info", { signal }) })
}

export function useFeatures() {
  return useQuery({ queryKey: ["system", "features"], queryFn: ({ signal }) => request("GET /api/v1/admin/features/status", { signal }) })
}

export function useConfiguration() {
  return useQuery({ queryKey: ["system", "config"], queryFn: ({ signal }) => request("GET /api/v1/admin/config", { signal }) })
}

export function useReload() {
  const queries = useQueryClient()
  return useMutation({ mutationFn: () => request("POST /api/v1/admin/config/reload", {}), onSettled: () => void queries.invalidateQueries() })
}

/** What the process tells of itself, read field by field: its fields are its own and may grow. */
export function healthOf(said: Readonly<Record<string, unknown>>) {
  const snapshot = isRecord(said.snapshot) ? said.snapshot : {}
  const recorder = isRecord(said.recorder) ? said.recorder : {}
  const configuration = isRecord(said.configuration) ? said.configuration : {}
  return {
    version: text(said.version),
    snapshot: count(snapshot.version),
    digest: text(snapshot.digest),
    flight: count(said.requests_in_flight),
    holds: count(said.holds_open),
    queued: count(recorder.queued),
    dropped: count(recorder.dropped),
    keysFault: text(said.keys_fault),
    problems: Array.isArray(configuration.problems) ? configuration.problems.map(String) : [],
    sinks: (Array.isArray(said.sinks) ? said.sinks : []).filter(isRecord).map(sinkOf),
  }
}
export type Sink = ReturnType<typeof sinkOf>

function sinkOf(said: Readonly<Record<string, unknown>>) {
  const { opened, away_s, failures_total, last_error } = said
  return { name: text(said.name), opened: opened === true, awayS: count(away_s), sent: count(said.sent), lag: count(said.lag), failures: count(failures_total), missed: count(said.missed), error: text(last_error) }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0
}

/** Why a file was refused: the answer to it is an error that lists its problems. */
export function problemsOf(failure: unknown): readonly string[] {
  const listed = failure instanceof ApiError ? failure.details.problems : undefined
  return Array.isArray(listed) ? listed.map(String) : []
}

/** One thing wrong with a configuration, as compilers write it: `place: error: text (remedy)`. */
export type Problem = { at: string; text: string; remedy: string; command: string }

export function problemOf(line: string): Problem {
  const [, at = "", rest = line] = /^(.*?): (?:error|warning): (.*)$/s.exec(line) ?? []
  const [, said = rest, remedy = ""] = /^(.*) \(([^()]*)\)$/s.exec(rest) ?? []
  return { at, text: said, remedy, command: /torana config withdraw \S+ \S+(?: --tenant \S+)?/.exec(remedy)?.[0] ?? "" }
}

const PAGES: Readonly<Record<string, (open: string) => { to: string; search: Readonly<Record<string, string>> }>> = {
  models: (open) => ({ to: "/models", search: { open } }),
  providers: (open) => ({ to: "/routing", search: { tab: "providers", open } }),
  budgets: (open) => ({ to: "/budgets", search: { tab: "budgets", open } }),
  limits: (open) => ({ to: "/budgets", search: { tab: "limits", open } }),
  policies: (policy) => ({ to: "/policies", search: { policy } }),
}

/** Where a stored row is changed or taken back; nothing for rows of a tenant, which its own people see. */
export function placeOf({ command }: Problem) {
  const [, kind = "", name = "", tenant] = /withdraw (\S+) (\S+)(?: --tenant (\S+))?$/.exec(command) ?? []
  const page = PAGES[kind]
  return page && !tenant ? { name, ...page(name) } : undefined
}

/** What a section comes to, in a word or two. */
export function settingText(section: string, document: Readonly<Record<string, unknown>>): string {
  const isOn = (part: unknown) => isRecord(part) && part.enabled === true
  if (section === "cache") return [isOn(document.exact) && said.exact, isOn(document.semantic) && said.semantic].filter(Boolean).join(", ") || said.off
  if (section === "alerts") return isRecord(document.webhook) ? said.webhook : said.logged
  const { value } = document
  return (Array.isArray(value) ? value.map(String).join(", ") : text(value)) || said.none
}
