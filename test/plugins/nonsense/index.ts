export default { apiVersion: 1, key: 'Not A Key' }
