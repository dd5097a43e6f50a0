import { useNavigate, useSearch } from "@tanstack/react-router"
import { useCallback } from "react"

export type Filters = Readonly<Record<string, string | undefined>>

/** The page's filters, which live in the URL: what is empty or as `defaults` say is left out of it. */
export function useFilters<F extends Filters>(defaults: F): [F, (change: Partial<F>) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>
  const navigate = useNavigate()
  const set = useCallback(
    (change: Partial<F>) => {
      const next = (before: Record<string, unknown>) => merged(before, change, defaults)
      void navigate({ to: ".", search: next as never, replace: true })
    },
    [navigate, defaults],
  )
  return [read(search, defaults), set]
}

/** The filters in a parsed query: only names that `defaults` have, always as text. */
export function read<F extends Filters>(search: Readonly<Record<string, unknown>>, defaults: F): F {
  const found = Object.keys(defaults).map((name) => {
    const value = search[name]
    return [name, value === undefined || value === null || value === "" ? defaults[name] : String(value)]
  })
  return Object.fromEntries(found) as F
}

/** The query after a change. */
export function merged(before: Readonly<Record<string, unknown>>, change: Filters, defaults: Filters): Record<string, unknown> {
  const all = { ...before, ...change }
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== undefined && value !== "" && value !== defaults[name]))
}
