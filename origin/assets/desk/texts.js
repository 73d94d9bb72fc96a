// What the desk says, in the languages that it speaks: one table. What a language leaves out is said in English.

const ENGLISH = {
  desk: "Desk", login: "Log in", logout: "Log out", name: "Name", password: "Password",
  conversations: "Conversations", waiting: "Waiting", mine: "Mine", ended: "Ended",
  log: "What was said", takeOver: "Take over", message: "Your message", send: "Send",
  keys: "Enter sends, Shift and Enter begins a new line.",
  handBack: "Hand back", outcome: "What came of it",
  resolved: "Resolved", unresolved: "Not resolved", referred: "Referred to somebody else",
  values: "Values for the game, one a line as name = value", notes: "Notes, for whoever reads this later",
  release: "Put back into the queue",
  connected: "Connected", notConnected: "The origin can't be reached; trying again.",
  logInFirst: "Log in first.", sessionOver: "Your session is over. Log in again.",
  noQueues: "Nobody has said yet which queues are yours. Whoever looks after the desk can.",
  wrongLogin: "Name or password is wrong.", tooMany: "Too many tries. Wait a little.",
  failed: "That did not work ({status}).",
  taken: "Somebody else has taken it, or it has ended.", notYours: "It is not with you any more: it is back in its queue, or has ended.",
  full: "You have as many conversations as you take at once, or are not counted as there; try again in a moment.",
  takesNoPart: "The hand-over has ended: the person's consent was withdrawn, or they were blocked.",
  gone: "This conversation is not here any more.", movedOn: "It is with somebody else now, or has ended.",
  handedBack: "Handed back.", released: "Back in its queue.",
  notAValue: "“{line}” is not name = value.",
  justNow: "just now", minutes: "{count} min", waits: "waits {time}", cameBack: "came back, ", since: "since {time}",
  news: "new message, ", urgent: "urgent, ", urgentWord: "Urgent. ", withYou: "With you.",
  waitsUntil: "Waits {time}; the game gives up at {until}.", cameThrough: "came through",
  person: "Person", game: "Game", agent: "Agent", types: "The person is typing …",
  timed_out: "nobody came", returned: "handed back", agent_lost: "connection lost", withdrawn: "consent withdrawn, or blocked",
};

const SPANISH = {
  desk: "Puesto de atención", login: "Entrar", logout: "Salir", name: "Nombre", password: "Contraseña",
  conversations: "Conversaciones", waiting: "En espera", mine: "Mías", ended: "Terminadas",
  log: "Lo que se ha dicho", takeOver: "Atender", message: "Su mensaje", send: "Enviar",
  keys: "Intro envía; Mayús e Intro empieza una línea.",
  handBack: "Devolver", outcome: "Resultado",
  resolved: "Resuelto", unresolved: "Sin resolver", referred: "Derivado a otra persona",
  values: "Valores para el juego, uno por línea como nombre = valor", notes: "Notas para quien lo lea después",
  release: "Devolver a la cola",
  connected: "Conectado", notConnected: "No se puede contactar con el servidor; se intenta de nuevo.",
  logInFirst: "Entre primero.", sessionOver: "Su sesión ha terminado. Entre de nuevo.",
  noQueues: "Nadie ha dicho todavía qué colas son suyas. Puede hacerlo quien administra el puesto.",
  wrongLogin: "El nombre o la contraseña no son correctos.", tooMany: "Demasiados intentos. Espere un poco.",
  failed: "No ha funcionado ({status}).",
  taken: "Otra persona la atiende ya, o ha terminado.", notYours: "Ya no la atiende usted: ha vuelto a su cola o ha terminado.",
  full: "Tiene tantas conversaciones como atiende a la vez, o no consta como presente; inténtelo en un momento.",
  takesNoPart: "El traspaso ha terminado: se retiró el consentimiento de la persona, o se la bloqueó.",
  gone: "Esta conversación ya no está aquí.", movedOn: "Ahora la atiende otra persona, o ha terminado.",
  handedBack: "Devuelta.", released: "De vuelta en su cola.",
  notAValue: "«{line}» no es nombre = valor.",
  justNow: "ahora mismo", minutes: "{count} min", waits: "espera: {time}", cameBack: "ha vuelto, ", since: "desde hace {time}",
  news: "mensaje nuevo, ", urgent: "urgente, ", urgentWord: "Urgente. ", withYou: "La atiende usted.",
  waitsUntil: "Espera: {time}; el juego deja de esperar a las {until}.", cameThrough: "ha pasado por",
  person: "Persona", game: "Juego", agent: "Agente", types: "La persona está escribiendo …",
  timed_out: "no acudió nadie", returned: "devuelta", agent_lost: "conexión perdida", withdrawn: "consentimiento retirado o persona bloqueada",
};

const GERMAN = {
  desk: "Leitstand", login: "Anmelden", logout: "Abmelden", name: "Name", password: "Passwort",
  conversations: "Gespräche", waiting: "Wartend", mine: "Meine", ended: "Beendet",
  log: "Was gesagt wurde", takeOver: "Übernehmen", message: "Ihre Nachricht", send: "Senden",
  keys: "Eingabe sendet, Umschalt und Eingabe beginnt eine Zeile.",
  handBack: "Zurückgeben", outcome: "Ergebnis",
  resolved: "Geklärt", unresolved: "Nicht geklärt", referred: "An jemand anderen verwiesen",
  values: "Werte für das Spiel, je Zeile Name = Wert", notes: "Notizen für alle, die dies später lesen",
  release: "Zurück in die Warteschlange",
  connected: "Verbunden", notConnected: "Der Server ist nicht zu erreichen; es wird weiter versucht.",
  logInFirst: "Melden Sie sich zuerst an.", sessionOver: "Ihre Sitzung ist abgelaufen. Melden Sie sich neu an.",
  noQueues: "Noch ist nicht festgelegt, welche Warteschlangen Ihre sind.",
  wrongLogin: "Name oder Passwort ist falsch.", tooMany: "Zu viele Versuche. Warten Sie ein wenig.",
  failed: "Das hat nicht geklappt ({status}).",
  taken: "Jemand anderes hat es übernommen, oder es ist beendet.", notYours: "Es ist nicht mehr bei Ihnen: wieder in der Warteschlange oder beendet.",
  full: "Sie haben so viele Gespräche, wie Sie zugleich führen, oder gelten nicht als anwesend; versuchen Sie es gleich noch einmal.",
  takesNoPart: "Die Übergabe ist beendet: Die Einwilligung der Person wurde widerrufen, oder sie wurde gesperrt.",
  gone: "Dieses Gespräch ist nicht mehr hier.", movedOn: "Es ist jetzt bei jemand anderem oder beendet.",
  handedBack: "Zurückgegeben.", released: "Wieder in der Warteschlange.",
  notAValue: "„{line}“ ist nicht Name = Wert.",
  justNow: "gerade eben", minutes: "{count} Min.", waits: "wartet: {time}", cameBack: "kam zurück, ", since: "seit {time}",
  news: "neue Nachricht, ", urgent: "dringend, ", urgentWord: "Dringend. ", withYou: "Bei Ihnen.",
  waitsUntil: "Wartet: {time}; das Spiel gibt um {until} auf.", cameThrough: "kam durch",
  person: "Person", game: "Spiel", agent: "Agent", types: "Die Person schreibt gerade …",
  timed_out: "niemand kam", returned: "zurückgegeben", agent_lost: "Verbindung verloren", withdrawn: "Einwilligung widerrufen oder gesperrt",
};

const LANGUAGES = { en: ENGLISH, es: SPANISH, de: GERMAN };

/** The first language that the browser wants and the desk speaks. */
const spoken = navigator.languages.map((tag) => tag.split("-")[0].toLowerCase()).find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "en";

/** A text, with its gaps filled. */
export const say = (key, values = {}) =>
  (LANGUAGES[spoken][key] ?? ENGLISH[key] ?? key).replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);

/** Whether there is a text of that name. */
export const known = (key) => Object.hasOwn(ENGLISH, key);

/** Puts the page's own words into the language: those of elements with `data-text`, and labels with `data-label`. */
export function translate(page) {
  page.documentElement.lang = spoken;
  for (const element of page.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of page.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
}
