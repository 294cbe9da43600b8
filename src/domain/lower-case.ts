/** Letters whose lower case is longer than they are, or depends on what stands beside them. */
const ODD = /[\u0130\u03A3]/
const OTHERS = /[^\u0130\u03A3]+/g

/** In lower case, each character in its place and by itself. */
export function lowerCase(text: string): string {
  return ODD.test(text) ? text.replace(OTHERS, (part) => part.toLowerCase()) : text.toLowerCase()
}
