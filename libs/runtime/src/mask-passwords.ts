/** The text with every password inside a URL (`scheme://user:password@host`) replaced by `***`. JSON stays JSON. */
export function maskPasswords(text: string): string {
  return text.replace(/\/\/([^\s/:@"]*):[^\s/"]*@/g, '//$1:***@');
}
