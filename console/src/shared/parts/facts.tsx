import type { ReactNode } from "react"

export type Fact = readonly [name: string, value: ReactNode] | false | null | undefined

/** Names and values, one a line; what is false is left out. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  const shown = facts.filter((fact): fact is readonly [string, ReactNode] => Boolean(fact))
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-6 gap-y-2 text-sm">
      {shown.map(([name, value]) => <div key={name} className="contents"><dt className="text-quiet">{name}</dt><dd className="min-w-0">{value}</dd></div>)}
    </dl>
  )
}

/** A part of a drawer or a form with its heading. */
export function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="grid min-w-0 gap-3 border-t pt-4 first:border-t-0 first:pt-0">
      <header className="flex flex-wrap items-center justify-between gap-2"><h3 className="font-semibold">{title}</h3>{action}</header>
      {children}
    </section>
  )
}
