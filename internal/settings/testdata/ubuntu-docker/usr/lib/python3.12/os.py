# stands for the library
