import { LoaderCircle } from "lucide-react"
import type { ButtonHTMLAttributes, ReactNode } from "react"
import { cx } from "@/shared/classes.ts"

export type ButtonKind = "primary" | "plain" | "quiet" | "danger"

const KINDS: Record<ButtonKind, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:brightness-110",
  plain: "bg-card text-text border-line shadow-lift hover:border-edge",
  quiet: "bg-transparent text-quiet border-transparent hover:bg-soft hover:text-text",
  danger: "bg-bad-soft text-bad border-bad hover:bg-bad hover:text-card",
}

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { kind?: ButtonKind; icon?: ReactNode; busy?: boolean }

/** `busy` keeps the button's place and stops a second press. */
export function Button({ kind = "plain", icon, busy = false, children, className, disabled, type = "button", ...rest }: Props) {
  return (
    <button
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(
        "touch inline-flex items-center justify-center gap-2 rounded-lg border px-3.5 text-sm font-medium whitespace-nowrap transition",
        "disabled:cursor-not-allowed disabled:border-line disabled:bg-panel disabled:text-quiet",
        KINDS[kind],
        className,
      )}
      {...rest}
    >
      {busy ? <LoaderCircle size={16} className="animate-spin" aria-hidden /> : icon}
      {children}
    </button>
  )
}

/** A button that is an icon only; `label` is what it is called. */
export function IconButton({ label, children, className, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        "touch-square inline-grid place-items-center rounded-lg text-quiet transition hover:bg-soft hover:text-text disabled:opacity-50",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  )
}
