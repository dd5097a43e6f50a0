import { Link } from "@tanstack/react-router"
import { CircleCheck, TriangleAlert } from "lucide-react"
import { type Problem, placeOf, problemOf } from "@/features/system/data.ts"
import { strings } from "@/features/system/strings.ts"
import { CodeBlock } from "@/shared/parts/small.tsx"

const { problems: said } = strings

/** Whether the file and what is kept here fit each other; where they do not, what and how to get out of it. */
export function Fitting({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) {
    return (
      <section aria-label={said.label} className="flex items-start gap-3 rounded-xl border bg-card p-4 shadow-lift">
        <CircleCheck size={20} className="mt-0.5 shrink-0 text-good" aria-hidden />
        <div><h2 className="text-base font-semibold">{said.none}</h2><p className="text-sm text-quiet">{said.noneText}</p></div>
      </section>
    )
  }
  return (
    <section aria-label={said.label} className="grid gap-3 rounded-xl border border-warn bg-warn-soft p-4">
      <div role="alert" className="flex items-start gap-3">
        <TriangleAlert size={20} className="mt-0.5 shrink-0 text-warn" aria-hidden />
        <div><h2 className="text-base font-semibold">{said.some}</h2><p className="text-sm">{said.someText}</p></div>
      </div>
      <ProblemList problems={problems} />
      <p className="text-sm">{said.after}</p>
    </section>
  )
}

/** Each with where it is, and with what gets rid of it. */
export function ProblemList({ problems }: { problems: readonly string[] }) {
  return (
    <ul className="grid gap-2">
      {problems.map((one) => <li key={one} className="min-w-0 rounded-lg border bg-card p-3 text-sm"><One problem={problemOf(one)} /></li>)}
    </ul>
  )
}

function One({ problem }: { problem: Problem }) {
  const { at, text, remedy, command } = problem
  const place = placeOf(problem)
  return (
    <div className="grid min-w-0 gap-1">
      {at && <code className="font-mono text-xs break-all text-quiet">{at}</code>}
      <p className="break-words">{text}</p>
      {!command && remedy && <p className="break-words text-quiet">{remedy}</p>}
      {place && <Link to={place.to as string} search={place.search as never} className="touch inline-flex w-fit items-center font-medium text-accent hover:underline">{said.open(place.name)}</Link>}
      {command && <><p className="text-quiet">{place ? said.orCommand : said.command}</p><CodeBlock wrap label={said.commandLabel} code={command} /></>}
    </div>
  )
}
