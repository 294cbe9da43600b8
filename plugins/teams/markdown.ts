/** Untrusted text as a TextBlock shows it letter by letter: https://aka.ms/ACTextFeatures, and links by their address. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_[\]()`~#>|<&!+-]|^(\s*\d+)([.)])/gm, (match, number?: string, mark?: string) =>
    number === undefined ? `\\${match}` : `${number}\\${mark}`,
  )
}
