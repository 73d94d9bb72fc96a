// Every word that the element itself shows, by language, and which of them a person reads when something goes wrong.
// What the node says in a problem document is for developers and is never shown.

/** The element's words. `{…}` is replaced: `{wait}` by a span of time, `{count}` and `{limit}` by a number, `{name}` by the heading. */
export interface Texts {
  title: string;
  message: string;
  placeholder: string;
  send: string;
  open: string;
  openUnread: string;
  close: string;
  minimise: string;
  startOver: string;
  startOverQuestion: string;
  newConversation: string;
  cancel: string;
  readAloud: string;
  speak: string;
  conversation: string;
  choices: string;
  showAll: string;
  you: string;
  answer: string;
  typing: string;
  newMessages: string;
  charactersLeft: string;
  charactersOver: string;
  notSentYet: string;
  tryingAgainIn: string;
  sendingAgain: string;
  offline: string;
  limited: string;
  sendNow: string;
  notSent: string;
  sendAgain: string;
  remove: string;
  unavailable: string;
  busy: string;
  tooLong: string;
  ended: string;
  consent: string;
  blocked: string;
  notRemembered: string;
  nextInLine: string;
  waitingFor: string;
  talkingWith: string;
  somebody: string;
  newTab: string;
}

export const ENGLISH: Texts = {
  title: "Chat",
  message: "Your message",
  placeholder: "Write a message",
  send: "Send",
  open: "Open the chat",
  openUnread: "Open the chat: {count} new",
  close: "Close the chat",
  minimise: "Minimise the chat",
  startOver: "Start over",
  startOverQuestion: "Begin a new conversation? This one disappears from the page.",
  newConversation: "New conversation",
  cancel: "Cancel",
  readAloud: "Read aloud",
  speak: "Speak",
  conversation: "Conversation",
  choices: "Choices",
  showAll: "Show all {count}",
  you: "You:",
  answer: "Answer:",
  typing: "Is typing",
  newMessages: "New messages",
  charactersLeft: "{count} characters left",
  charactersOver: "Too long to send: {count} characters too many. At most {limit} fit into one message.",
  notSentYet: "Not sent yet.",
  tryingAgainIn: "Not sent yet. Next try in {wait}.",
  sendingAgain: "Sending again …",
  offline: "You are offline. This will be sent once you are back.",
  limited: "Too many messages at once. This one will be sent in {wait}.",
  sendNow: "Send now",
  notSent: "Not sent.",
  sendAgain: "Send again",
  remove: "Remove",
  unavailable: "The chat is not available right now.",
  busy: "The service is busy.",
  tooLong: "The message is too long.",
  ended: "The earlier conversation has ended. Your next message begins a new one.",
  consent: "This chat needs your consent first.",
  blocked: "You can't write here at the moment. If you think that is a mistake, please contact whoever runs this chat.",
  notRemembered: "Limited mode: what is said right now may not be remembered.",
  nextInLine: "Coming up next: {count}",
  waitingFor: "Waiting for {name}. Your place in the queue: {count}.",
  talkingWith: "You are talking with {name}.",
  somebody: "somebody",
  newTab: "Opens in a new tab",
};

export const SPANISH: Texts = {
  title: "Chat",
  message: "Su mensaje",
  placeholder: "Escriba un mensaje",
  send: "Enviar",
  open: "Abrir el chat",
  openUnread: "Abrir el chat: {count} nuevos",
  close: "Cerrar el chat",
  minimise: "Minimizar el chat",
  startOver: "Empezar de nuevo",
  startOverQuestion: "¿Empezar una conversación nueva? Esta desaparecerá de la página.",
  newConversation: "Conversación nueva",
  cancel: "Cancelar",
  readAloud: "Leer en voz alta",
  speak: "Hablar",
  conversation: "Conversación",
  choices: "Opciones",
  showAll: "Mostrar las {count}",
  you: "Usted:",
  answer: "Respuesta:",
  typing: "Está escribiendo",
  newMessages: "Mensajes nuevos",
  charactersLeft: "Quedan {count} caracteres",
  charactersOver: "Demasiado largo para enviarlo: sobran {count} caracteres. En un mensaje caben {limit} como máximo.",
  notSentYet: "Aún sin enviar.",
  tryingAgainIn: "Aún sin enviar. Próximo intento en {wait}.",
  sendingAgain: "Enviando de nuevo …",
  offline: "No hay conexión. Se enviará cuando vuelva.",
  limited: "Demasiados mensajes seguidos. Este se enviará en {wait}.",
  sendNow: "Enviar ahora",
  notSent: "No se ha enviado.",
  sendAgain: "Enviar otra vez",
  remove: "Quitar",
  unavailable: "El chat no está disponible en este momento.",
  busy: "El servicio está ocupado.",
  tooLong: "El mensaje es demasiado largo.",
  ended: "La conversación anterior ha terminado. Su próximo mensaje empieza una nueva.",
  consent: "Este chat necesita antes su consentimiento.",
  blocked: "Ahora mismo no puede escribir aquí. Si cree que es un error, póngase en contacto con quien gestiona este chat.",
  notRemembered: "Modo limitado: puede que no se recuerde lo que se diga ahora.",
  nextInLine: "A continuación: {count}",
  waitingFor: "Esperando a {name}. Su puesto en la cola: {count}.",
  talkingWith: "Está hablando con {name}.",
  somebody: "alguien",
  newTab: "Se abre en otra pestaña",
};

export const GERMAN: Texts = {
  title: "Chat",
  message: "Ihre Nachricht",
  placeholder: "Nachricht schreiben",
  send: "Senden",
  open: "Chat öffnen",
  openUnread: "Chat öffnen: {count} neu",
  close: "Chat schließen",
  minimise: "Chat minimieren",
  startOver: "Neu beginnen",
  startOverQuestion: "Ein neues Gespräch beginnen? Dieses verschwindet von der Seite.",
  newConversation: "Neues Gespräch",
  cancel: "Abbrechen",
  readAloud: "Vorlesen",
  speak: "Sprechen",
  conversation: "Gespräch",
  choices: "Auswahl",
  showAll: "Alle {count} zeigen",
  you: "Sie:",
  answer: "Antwort:",
  typing: "Schreibt gerade",
  newMessages: "Neue Nachrichten",
  charactersLeft: "Noch {count} Zeichen",
  charactersOver: "Zu lang zum Senden: {count} Zeichen zu viel. In eine Nachricht passen höchstens {limit}.",
  notSentYet: "Noch nicht gesendet.",
  tryingAgainIn: "Noch nicht gesendet. Nächster Versuch in {wait}.",
  sendingAgain: "Wird noch einmal gesendet …",
  offline: "Sie sind offline. Die Nachricht wird gesendet, sobald Sie wieder verbunden sind.",
  limited: "Zu viele Nachrichten auf einmal. Diese wird in {wait} gesendet.",
  sendNow: "Jetzt senden",
  notSent: "Nicht gesendet.",
  sendAgain: "Noch einmal senden",
  remove: "Entfernen",
  unavailable: "Der Chat ist gerade nicht verfügbar.",
  busy: "Der Dienst ist ausgelastet.",
  tooLong: "Die Nachricht ist zu lang.",
  ended: "Das frühere Gespräch ist beendet. Mit Ihrer nächsten Nachricht beginnt ein neues.",
  consent: "Für diesen Chat ist vorher Ihre Einwilligung nötig.",
  blocked: "Sie können hier zurzeit nicht schreiben. Wenn das ein Irrtum ist, wenden Sie sich bitte an den Betreiber dieses Chats.",
  notRemembered: "Eingeschränkter Betrieb: Was Sie jetzt schreiben, wird vielleicht nicht behalten.",
  nextInLine: "Als Nächstes: {count}",
  waitingFor: "Sie warten auf {name}. Ihr Platz in der Reihe: {count}.",
  talkingWith: "Sie sprechen mit {name}.",
  somebody: "jemandem",
  newTab: "Öffnet sich in einem neuen Tab",
};

const BY_LANGUAGE: Readonly<Record<string, Texts>> = { en: ENGLISH, es: SPANISH, de: GERMAN };

/** Languages that are built in. */
export const LANGUAGES: readonly string[] = Object.keys(BY_LANGUAGE);

/** The texts of a language tag (`de-AT` finds `de`), with a page's own in front. */
export function textsFor(language: string, own: Partial<Texts> = {}): Texts {
  const base = BY_LANGUAGE[language.split("-")[0]?.toLowerCase() ?? ""] ?? ENGLISH;
  const given = Object.entries(own).filter(([name, text]) => name in base && typeof text === "string");
  return { ...base, ...Object.fromEntries(given) };
}

/** Puts values into a text. */
export function filled(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** A span of time in the words of a language: seconds up to 90, then minutes, then hours. */
export function span(seconds: number, language: string): string {
  const [value, unit] =
    seconds <= 90 ? [seconds, "second"] : seconds <= 5400 ? [Math.ceil(seconds / 60), "minute"] : [Math.ceil(seconds / 3600), "hour"];
  const format = (locale: string) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
  try {
    return format(language);
  } catch {
    return format("en"); // a language tag that is none
  }
}

/** What a person reads of a refusal. */
export type ProblemText = "unavailable" | "busy" | "tooLong" | "ended" | "consent" | "blocked" | "limited" | "notSentYet";

/** By the node's codes. */
export const PROBLEM_TEXTS: Readonly<Record<string, ProblemText>> = {
  E220: "unavailable",
  E221: "unavailable",
  E222: "unavailable",
  E223: "tooLong",
  E224: "unavailable",
  E225: "unavailable",
  E226: "unavailable",
  E227: "unavailable",
  E228: "ended",
  E229: "unavailable",
  E230: "tooLong",
  E231: "notSentYet",
  E232: "unavailable",
  E233: "ended",
  E234: "busy",
  E235: "busy",
  E236: "busy",
  E237: "busy",
  E238: "busy",
  E239: "unavailable",
  E240: "ended",
  E241: "busy",
  E242: "busy",
  E243: "busy",
  E244: "unavailable",
  E310: "unavailable",
  E311: "unavailable",
  E312: "unavailable",
  E320: "limited",
  E321: "limited",
  E322: "blocked",
  E323: "limited",
  E901: "consent",
};

/** What a person reads of a refusal, also where its code is not known here. */
export function problemText(code: string | undefined, status: number | null): ProblemText {
  const known = code === undefined ? undefined : PROBLEM_TEXTS[code];
  if (known !== undefined) return known;
  if (status === 429) return "limited";
  if (status === 413) return "tooLong";
  if (status === 410) return "ended";
  return status !== null && status < 500 ? "unavailable" : "busy";
}
