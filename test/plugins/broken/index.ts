throw new Error('this connector needs a package that is not there')
