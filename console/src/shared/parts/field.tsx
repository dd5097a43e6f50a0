import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from "react"
import { cx } from "@/shared/classes.ts"
import { words } from "@/shared/strings.ts"

export const CONTROL =
  "touch w-full rounded-lg border border-edge bg-raised px-3 py-1.5 text-text placeholder:text-quiet aria-invalid:border-bad disabled:bg-panel disabled:text-quiet"

type Framed = { label: ReactNode; hint?: ReactNode; error?: string | null | undefined; hideLabel?: boolean; optional?: boolean }
type Wired = { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }

/** Label, control, hint and error of one input; the control is given the ids that tie them together. */
export function Field({ label, hint, error, hideLabel = false, optional = false, children }: Framed & { children: (wired: Wired) => ReactNode }) {
  const id = useId()
  const said = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ")
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className={cx("text-sm font-medium", hideLabel && "sr-only")}>
        {label} {optional && <span className="font-normal text-quiet">({words.optional})</span>}
      </label>
      {children({ id, ...(said ? { "aria-describedby": said } : {}), ...(error ? { "aria-invalid": true } : {}) })}
      {hint && <p id={`${id}-hint`} className="text-sm text-quiet">{hint}</p>}
      {error && <p id={`${id}-error`} role="alert" className="text-sm text-bad">{error}</p>}
    </div>
  )
}

export function TextField({ label, hint, error, hideLabel, optional, className, ...rest }: Framed & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field {...{ label, hint, error, hideLabel, optional }}>
      {(wired) => <input {...wired} {...rest} className={cx(CONTROL, className)} />}
    </Field>
  )
}

export function TextArea({ label, hint, error, hideLabel, optional, className, ...rest }: Framed & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field {...{ label, hint, error, hideLabel, optional }}>
      {(wired) => <textarea {...wired} {...rest} className={cx(CONTROL, "resize-y leading-normal", className)} />}
    </Field>
  )
}

export type Choice = { value: string; label: string }

export function SelectField({ label, hint, error, hideLabel, optional, choices, className, ...rest }: Framed & SelectHTMLAttributes<HTMLSelectElement> & { choices: readonly Choice[] }) {
  return (
    <Field {...{ label, hint, error, hideLabel, optional }}>
      {(wired) => (
        <select {...wired} {...rest} className={cx(CONTROL, "pr-8 text-ellipsis", className)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>{choice.label}</option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function CheckField({ label, hint, ...rest }: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className="flex items-start gap-2">
      <input id={id} type="checkbox" aria-describedby={hint ? `${id}-hint` : undefined} {...rest} className="mt-1 size-4.5 accent-accent" />
      <div>
        <label htmlFor={id} className="text-sm font-medium">{label}</label>
        {hint && <p id={`${id}-hint`} className="text-sm text-quiet">{hint}</p>}
      </div>
    </div>
  )
}
