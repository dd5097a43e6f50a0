import { useMutation, useQuery } from "@tanstack/react-query"
import { words } from "@/shared/stored/words.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Section } from "@/shared/parts/facts.tsx"
import { Badge, CodeBlock } from "@/shared/parts/small.tsx"
import { ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

type Past = { version: number; document: Record<string, unknown> | null; written_at?: string | null; written_by?: string }
type Props = { section: string; name: string; version: number; load: (signal: AbortSignal) => Promise<readonly Past[]>; onRestore?: ((version: number) => Promise<"done" | "waits">) | undefined }

/** What a row was, newest first, each openable, each to go back to. */
export function History({ section, name, version, load, onRestore }: Props) {
  const past = useQuery({ queryKey: [section, "versions", name, version], queryFn: ({ signal }) => load(signal) })
  const restore = useMutation({ mutationFn: async (wanted: number) => onRestore?.(wanted) ?? "done" })
  const goBack = (wanted: number) => restore.mutate(wanted, { onSuccess: (outcome) => notify(outcome === "waits" ? words.waits(name) : words.wentBack(name, wanted)) })
  return (
    <Section title={words.versions}>
      {restore.error && <ErrorState error={restore.error} compact />}
      {past.error ? <ErrorState error={past.error} compact onRetry={() => void past.refetch()} /> : past.isPending ? <Skeleton className="h-12 w-full" /> : (
        <ul className="grid gap-2 text-sm">
          {past.data.map((one) => (
            <li key={one.version}>
              <details className="rounded-lg border px-3">
                <summary className="touch flex flex-wrap items-center gap-2 py-1">
                  <span className="font-medium">{words.version(one.version)}</span>
                  {one.version === version && <Badge tone="good">{words.current}</Badge>}
                  {one.document === null && <Badge tone="warn">{words.withdrawn}</Badge>}
                  <span className="text-quiet"><Ago at={one.written_at} /> {one.written_by && words.by(whoOf(one.written_by))}</span>
                </summary>
                <div className="grid gap-2 pb-3">
                  {one.document !== null && <CodeBlock label={words.version(one.version)} code={JSON.stringify(one.document, null, 2)} />}
                  {onRestore && one.version !== version && one.document !== null && <Button className="w-fit" busy={restore.isPending} aria-label={words.goBackTo(one.version)} onClick={() => goBack(one.version)}>{words.goBack}</Button>}
                </div>
              </details>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

/** `user:usr_1 ann@example.org` → `ann@example.org`. */
function whoOf(written: string): string {
  return written.split(" ").at(-1) ?? written
}
