/** A request of the administration API that had an Idempotency-Key and has changed something. */
export interface IdempotentRequest {
  /** The account that sent the request: `user NAME` or `robot NAME`. */
  readonly caller: string;
  readonly key: string;
  /** Tells whether another request is the same one. Contains no secret. */
  readonly request: string;
  /** The answer as JSON, without secrets. Null as long as it is not known. */
  readonly answer: string | null;
  readonly createdAt: number;
}

export interface IdempotencyKeys {
  find(caller: string, key: string): Promise<IdempotentRequest | undefined>;
  /** Adds a request without an answer. Returns false if the caller has used the key already. */
  add(request: Omit<IdempotentRequest, 'answer'>): Promise<boolean>;
  setAnswer(caller: string, key: string, answer: string): Promise<void>;
  /** Removes the requests that were added before this time. */
  removeBefore(createdAt: number): Promise<void>;
}
