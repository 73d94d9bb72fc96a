// Speech in and out, where the browser offers it. Text to and from a conversation is the element's.

interface Recognition extends EventTarget {
  lang: string;
  interimResults: boolean;
  start(): void;
  abort(): void;
}

interface RecognitionEvent extends Event {
  results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }>;
}

type RecognitionConstructor = new () => Recognition;

function recognitionConstructor(): RecognitionConstructor | undefined {
  const scope = globalThis as unknown as Record<string, RecognitionConstructor | undefined>;
  return scope["SpeechRecognition"] ?? scope["webkitSpeechRecognition"];
}

/** Whether the browser can listen. */
export const canListen = (): boolean => recognitionConstructor() !== undefined;

/** Whether the browser can speak. */
export const canSpeak = (): boolean => "speechSynthesis" in globalThis;

/** Listens for one utterance; `null` when nothing was understood. */
export function listen(lang: string, onInterim: (text: string) => void): { result: Promise<string | null>; stop: () => void } {
  const Recognition = recognitionConstructor();
  if (Recognition === undefined) return { result: Promise.resolve(null), stop: () => undefined };
  const recognition = new Recognition();
  recognition.lang = lang;
  recognition.interimResults = true;
  const result = new Promise<string | null>((resolve) => {
    let heard: string | null = null;
    recognition.addEventListener("result", (event) => {
      const results = (event as RecognitionEvent).results;
      const last = results[results.length - 1];
      const transcript = last?.[0]?.transcript ?? "";
      if (last?.isFinal) heard = transcript;
      else onInterim(transcript);
    });
    recognition.addEventListener("error", () => resolve(null));
    recognition.addEventListener("end", () => resolve(heard));
  });
  recognition.start();
  return { result, stop: () => recognition.abort() };
}

/** Speaks sentences in the order given; each begins as soon as the one before has ended. */
export class Speaker {
  constructor(private readonly lang: string) {}

  say(sentence: string): void {
    const utterance = new SpeechSynthesisUtterance(sentence);
    utterance.lang = this.lang;
    speechSynthesis.speak(utterance);
  }

  hush(): void {
    speechSynthesis.cancel();
  }
}
