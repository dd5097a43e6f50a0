import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { ApiError, isRecord } from "@/client/errors.ts"
import { request } from "@/client/request.ts"

export const DEFAULTS = { tab: "", q: "", section: "", open: "" }
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
  return {
    version: text(said.version),
    snapshot: count(snapshot.version),
    digest: text(snapshot.digest),
    flight: count(said.requests_in_flight),
    holds: count(said.holds_open),
    queued: count(recorder.queued),
    dropped: count(recorder.dropped),
    keysFault: text(said.keys_fault),
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
