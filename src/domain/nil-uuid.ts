/** Nobody's id, and less than any other: pages over ids begin after it. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000'
