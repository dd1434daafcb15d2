"""Names for invented people, as varied as British classrooms are."""


def words(text: str, separator: str = " ") -> tuple[str, ...]:
    """The words of a long string."""
    return tuple(text.split(separator))


BOYS = words(
    "Oliver George Noah Arthur Harry Leo Muhammad Jack Charlie Oscar Jacob Henry Thomas Freddie Alfie Theo William "
    "Joshua Samuel Daniel Adam Yusuf Ibrahim Zain Hamza Rayyan Aarav Arjun Rohan Dev Kiran Ravi Jaspreet Harjit Kofi "
    "Kwame Tunde Emeka Chidi Malachi Isaiah Tyrone Jakub Szymon Mateusz Kacper Tomasz Andrei Mihai Luca Matteo Rhys "
    "Dylan Owain Gethin Iwan Callum Fergus Lachlan Ruaridh Finn Conor Declan Seán Cillian Ethan Reuben Ezra Elijah "
    "Caleb Toby Felix Rupert Hugo Max Zac Kai Jude Aiden Archie Ronnie Teddy Bobby Wei Jun Minh Hiro Emre Deniz Omar "
    "Bilal Idris Abdi Yonas Samir René Zoltán"
)
GIRLS = words(
    "Olivia Amelia Isla Ava Mia Lily Grace Freya Sophie Poppy Ella Charlotte Evie Daisy Emily Alice Florence Matilda "
    "Rosie Phoebe Maisie Erin Ruby Fatima Aisha Maryam Zainab Khadija Hafsa Inaya Priya Anjali Meera Diya Kavya Simran "
    "Harleen Ama Abena Folake Ngozi Adaeze Chiamaka Naomi Esther Shanice Zuzanna Maja Oliwia Hanna Julia Ioana Elena "
    "Giulia Chiara Ffion Carys Seren Siân Cerys Eilidh Iona Mairi Aoife Niamh Caoimhe Roisin Orla Molly Lottie Harriet "
    "Imogen Beatrice Eliza Martha Nancy Edith Ivy Willow Hazel Chloé Zoë Renée Mei Ling Linh Yuki Elif Leyla Amira "
    "Layla Noor Hodan Selam Tiana Jasmine Skye Paige"
)
SURNAMES = words(
    "Smith|Jones|Taylor|Brown|Williams|Wilson|Johnson|Davies|Patel|Robinson|Wright|Thompson|Evans|Walker|White|Roberts|"
    "Green|Hall|Wood|Jackson|Clarke|Khan|Ahmed|Ali|Hussain|Begum|Singh|Kaur|Sharma|Gupta|Desai|Shah|Chowdhury|Rahman|"
    "Mensah|Owusu|Asante|Boateng|Okafor|Adeyemi|Eze|Balogun|Campbell|Bailey|Francis|Grant|Nowak|Kowalczyk|Wiśniewski|"
    "Wójcik|Zieliński|Popescu|Ionescu|Rossi|Moretti|Fernández|García Lopez|Silva|da Costa|Müller|Nguyen|Tran|Wong|Chen|"
    "Li|Zhang|Tanaka|Yılmaz|Şahin|Demir|Hassan|Mohamud|Abdi|Tesfaye|Haile|O'Brien|O'Neill|O’Sullivan|Murphy|Kelly|Byrne|"
    "Ó Briain|McDonald|MacLeod|Fraser|Stewart|Morgan|Price|Rees|Llewellyn|ap Rhys|Pritchard|Hughes|Edwards|Turner|Hill|"
    "Cooper|Ward|Morris|Carter|Mitchell|Parker|Collins|Bennett|Shaw|Palmer|Fletcher|Ashworth|Holt|Greenwood|Sutcliffe|"
    "Hargreaves|Pemberton|St John|Smith-Jones|Bains-Clarke|de Souza|van der Berg|Rosenberg|Levy|Cohen|Ray|Fox|Marsh|"
    "Lowe|Field|Barker|Whittle|Tilley|Quinn|Doyle|Hobbs|Null|Sykes|Webb|Yates|Norris|Ellis|Chapman|Booth|Armstrong",
    separator="|",
)
SHORT_NAMES = {
    "Oliver": "Ollie",
    "Thomas": "Tom",
    "William": "Will",
    "Joshua": "Josh",
    "Samuel": "Sam",
    "Daniel": "Dan",
    "Muhammad": "Mo",
    "Charlotte": "Lottie",
    "Matilda": "Tilly",
    "Florence": "Flo",
    "Harriet": "Hattie",
    "Beatrice": "Bea",
    "Alexander": "Alex",
    "Zuzanna": "Zuza",
    "Khadija": "Khadi",
    "Jakub": "Kuba",
    "Isaiah": "Zay",
    "Elijah": "Eli",
    "Jonathan": "Jon",
    "Katherine": "Kate",
    "Andrew": "Andy",
    "Rebecca": "Becky",
    "Christopher": "Chris",
    "Margaret": "Maggie",
    "Robert": "Rob",
    "Susan": "Sue",
}
MEN = words(
    "David James Andrew Mark Paul Stephen Christopher Robert Jonathan Simon Imran Tariq Sanjay Kwabena Piotr Gareth "
    "Alun Iain Kevin Darren Lee Stuart Neil Graham Daniel Olu Femi Anthony Martin"
)
WOMEN = words(
    "Sarah Katherine Rebecca Emma Helen Claire Rachel Susan Margaret Joanne Nadia Farah Priti Sunita Abena Agnieszka "
    "Bethan Nerys Morag Siobhan Deborah Lisa Gemma Laura Hannah Chioma Yetunde Victoria Samantha Niamh"
)
STREETS = words(
    "Orchard Rise|Beacon Hill|Station Road|Mill Lane|Church Street|Victoria Avenue|Willow Bank|Priory Close|The Green|"
    "Windmill Way|Cobbler's Row|Albert Street|Meadow View|Rectory Lane|Canal Side|St Aidan's Road",
    separator="|",
)
