import { Check, Copy, Eye, EyeOff } from "lucide-react"
import { type ReactNode, useState } from "react"
import { cx } from "@/shared/classes.ts"
import { Button, IconButton } from "@/shared/parts/button.tsx"
import { words } from "@/shared/strings.ts"

export type Tone = "plain" | "good" | "warn" | "bad" | "info" | "accent"
const TONES: Record<Tone, string> = {
  plain: "bg-panel text-quiet",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
  accent: "bg-soft text-accent",
}

/** A word about a state; the tone never says it alone. */
export function Badge({ tone = "plain", children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return <span title={title} className={cx("inline-flex items-center gap-1 rounded-md px-2 py-0.5 text-xs font-medium whitespace-nowrap", TONES[tone])}>{children}</span>
}

export function Card({ title, action, children, className }: { title?: ReactNode; action?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={cx("min-w-0 rounded-xl border bg-card p-4 shadow-lift md:p-5", className)}>
      {(title || action) && (
        <header className="mb-3 flex flex-wrap items-center justify-between gap-2">
          {title && <h2 className="text-base font-semibold">{title}</h2>}
          {action}
        </header>
      )}
      {children}
    </section>
  )
}

/** The head of every page: one h1, one sentence, its actions. */
export function PageHead({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="mb-5 flex flex-wrap items-end justify-between gap-3">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {children && <p className="mt-0.5 max-w-3xl text-quiet">{children}</p>}
      </div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </header>
  )
}

/** One figure; `change` is what it did since the period before, as text with its own sign. */
export function Stat({ label, value, hint, change, tone = "plain" }: { label: string; value: ReactNode; hint?: ReactNode; change?: string; tone?: Tone }) {
  return (
    <div className="min-w-0 rounded-xl border bg-card p-4 shadow-lift">
      <p className="text-sm text-quiet">{label}</p>
      <p className="figures mt-1 flex flex-wrap items-baseline gap-2 text-2xl font-semibold tracking-tight">{value}{change && <Badge tone={tone}>{change}</Badge>}</p>
      {hint && <p className="mt-1 text-sm text-quiet">{hint}</p>}
    </div>
  )
}

/** Whether the text reached the clipboard, for two seconds. */
export function useCopy(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false)
  const copy = (text: string) => {
    navigator.clipboard?.writeText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 2000)
    }, () => setCopied(false))
  }
  return [copied, copy]
}

export function CopyButton({ text, label = words.copy }: { text: string; label?: string }) {
  const [copied, copy] = useCopy()
  return <IconButton label={copied ? words.copied : label} onClick={() => copy(text)}>{copied ? <Check size={16} className="text-good" /> : <Copy size={16} />}</IconButton>
}

/** A secret that the gateway tells once: hidden until asked for, copied whole. */
export function SecretOnce({ secret, label }: { secret: string; label: string }) {
  const [shown, setShown] = useState(false)
  const [copied, copy] = useCopy()
  return (
    <div className="grid gap-3 rounded-xl border border-warn bg-warn-soft p-4">
      <p className="text-sm">{words.shownOnce}</p>
      <div className="flex items-center gap-1 rounded-lg border border-edge bg-raised pl-3">
        <code aria-label={label} className="min-w-0 flex-1 py-2 font-mono text-sm break-all">{shown ? secret : `${secret.slice(0, 10)}${"•".repeat(16)}`}</code>
        <IconButton label={shown ? words.hide : words.reveal} onClick={() => setShown(!shown)}>{shown ? <EyeOff size={16} /> : <Eye size={16} />}</IconButton>
      </div>
      <Button kind="primary" icon={copied ? <Check size={16} /> : <Copy size={16} />} onClick={() => copy(secret)}>{copied ? words.copied : words.copy}</Button>
    </div>
  )
}

/** `wrap`: for one line that is to be read whole, such as a command. */
export function CodeBlock({ code, label, wrap = false }: { code: string; label: string; wrap?: boolean }) {
  return (
    <div className="flex min-w-0 items-start rounded-lg border bg-panel">
      <pre tabIndex={0} aria-label={label} className={cx("min-w-0 flex-1 p-3 font-mono text-[0.82rem] leading-relaxed", wrap ? "break-words whitespace-pre-wrap" : "overflow-x-auto")}>{code}</pre>
      <div className="p-1"><CopyButton text={code} /></div>
    </div>
  )
}
