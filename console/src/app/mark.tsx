/** A torana: the gate of an old temple, two pillars and three beams. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M6 9h20M8 13h16M10 13v12M22 13v12M10 18c3-4 9-4 12 0" fill="none" stroke="var(--on-accent)" strokeWidth="2.3" strokeLinecap="round" />
    </svg>
  )
}
