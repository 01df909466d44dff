/** Opens a database of this origin with the named stores, none of which has a key path. Rejects where the browser lets none be opened. */
export function openDatabase(databases: IDBFactory, name: string, stores: readonly string[]): Promise<IDBDatabase> {
  const request = databases.open(name, 1)
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store)
  }
  return resultOf(request)
}

export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Resolves when it is written, not when it was asked for. */
export function written(database: IDBDatabase, store: string, change: (opened: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, 'readwrite')
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
    change(transaction.objectStore(store))
  })
}
