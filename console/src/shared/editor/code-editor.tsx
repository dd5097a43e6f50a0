import { lazy, Suspense } from "react"
import { Skeleton } from "@/shared/parts/states.tsx"

export type Problem = { line: number; message: string }
export type EditorProps = {
  label: string
  value: string
  onChange?: (value: string) => void
  language: "json" | "yaml"
  readOnly?: boolean
  problems?: readonly Problem[]
  rows?: number
}

const Loaded = lazy(() => import("@/shared/editor/loaded.tsx"))

/** An editor for policies. It is fetched when the first one is shown. */
export function CodeEditor(props: EditorProps) {
  return <Suspense fallback={<Skeleton className="h-64 w-full" />}><Loaded {...props} /></Suspense>
}
