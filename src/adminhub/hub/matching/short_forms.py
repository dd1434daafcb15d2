"""First names as British schools meet them: families of short forms and spellings, and names of their own.

Written by hand from general knowledge. A family says "these are often one person", never "these are": Ella and
Ellie are twins as often as they are one girl, so a family is never enough for a match by itself.
"""

from __future__ import annotations

_FAMILIES = """
aaliyah aliyah alia aleeyah
aaron arron aron
abdul abdullah abdallah abdulla
abigail abi abbie abby abbey gail abigael
adam adem
adelaide addie ada adele
aidan aiden ayden adan
aimee amy ami
aisha ayesha aysha aishah ayisha aesha
alan allan allen al
albert bert bertie albie alby al
alexander alex sandy alec aleksander alexandre xander zander lex alasdair alistair alastair
alexandra alex alexa alexia sandra lexi lexie aleksandra ali sasha
alfred alfie alf fred freddie
ali aly
alice ali alys alyce alicia
alison ali allison allie
amelia millie emilia mia amy amalia mila amelie
amina aminah ameena
amir ameer aamir
ana anna anne ann annie hannah anya anja
anastasia ana stacey annie nastia
andrea andie drea
andrew andy drew andrzej andre andreas
angela angie angel
anneliese annalise annelise
anthony tony ant antony antonio anton
antonia toni
archibald archie archy
arthur art artie
ashleigh ashley ashlee ash
asif asef
august gus augustus augustine
ava eva evie eve
barbara barb babs basia
barnaby barney
bartholomew bart bartosz bartek
beatrice bea bee trixie beatrix
benedict ben benny
benjamin ben benji benny
bernadette bernie
bernard bernie
bethany beth bethan
brandon branden
bradley brad
brian bryan
bronwyn bron
caitlin kaitlin katelyn kate katie caitlyn kaitlyn cait
callum calum cal kallum
cameron cam kameron
camilla millie cami milla
carol caroline carolyn carrie caz
cassandra cass cassie
catherine katherine kathryn kate katie kat cathy kathy cat catharine katharine kitty kathleen cath kasia
cecilia cece celia cecily
charles charlie chas chuck charley
charlotte charlie lottie lotte char charley
chloe khloe cloe
christian chris kristian
christina chris tina christine kristina krystyna christie
christopher chris kit kristopher christophe topher krzysztof kris
claire clare clara
clementine clemmie
cody kody
connor conor conner konnor
constance connie
cordelia delia
cormac mac
courtney kourtney
curtis kurtis
daisy maisie
damian damien
daniel dan danny dani danyal daniyal danial
danielle dani danni dannii daniela daniella
darcy darcey darcie
darren daz
david dave davy davey dafydd dawid
deborah debbie deb debra
declan dec
denise denny
denis dennis denny
dimitri dmitri dima
dominic dom dominik nic
donald don donny
dorothy dot dotty dora dolly
douglas doug dougie
dylan dillon dilan
eamonn eamon
edith edie
edmund ed ned ted
edward ed eddie ted teddy ned eduard
eleanor ellie nell nora ella elle elinor eleanora nellie elena elenor
eliana elliana ellie
elijah eli
elise elyse ellie lise
eliza lizzie
elizabeth liz lizzie beth eliza betty libby elisabeth lisa elsie betsy lily bess bessie lilibet liza elzbieta ellie
ella ellie elle isabella gabriella elena
elliot elliott eliot ell
ellis ell
eloise ellie lois
elsa elsie
emily em millie emilie emmie emily emma emilia
emma em emmie emily ema
emmanuel manny emanuel manu
erik eric rick
erin aerin
esme esmee esmae esmay
esther hester essie
ethan ethen
eugene gene
evelyn evie eve evalyn eve evelina
ezekiel zeke
faith fay
farah farrah
fatima fatimah fatema fatimah fatma fatoumata
felicity fliss flick
felix flick
fergus gus
finlay finley fin finn findlay
finnian finn finian
florence flo florrie flossie flora
frances fran frankie francesca fanny francine
francesca fran frankie chess cesca
francis frank frankie fran franciszek
franklin frank frankie
frederica freddie
frederick fred freddie freddy frederic fredrick fryderyk
gabriel gabe gab gabriele
gabriella gabby gabi ella gabrielle gaby gabriela
gareth gaz gary
gemma jemma gem
genevieve gen evie
geoffrey jeff geoff jeffrey
george georgie jorge geordie jerzy
georgina georgie georgia gina george
gerald gerry jerry gerard
gianna gia
gillian jill gill
giuseppe joe
grace gracie
graham graeme
greta gretta
gregory greg gregor grzegorz
guy gui
gwendolyn gwen
hadley hads
haider hyder
hamza hamzah
hannah hanna anna han ann
harold harry hal
harriet hattie harri harriett hatty
harrison harry harris
harvey harvy
hassan hasan
hayley hailey haley hayleigh
heather hev
helen helena nell ellen
henry harry hal hank henrik henryk henri
hollie holly
hugh hugo huw
hussain hussein husain hussien husayn
hugo hugh
ian iain
ibrahim ebrahim abraham abe bram
ieuan euan ewan iwan evan ewen owen
imogen immy immie
imran emran
indiana indie indy
india indie indy
ioan john
isaac zac ike zak isaak izaak
isabella isabelle izzy bella isabel isobel issy ella belle izzie isobelle izabela izabella
isaiah zay
isla ayla iyla
ismail ismael esmail ismaeel
jack john johnny jackson jacky
jackson jack jaxon jax jaxson
jacob jake jakub jacub kuba jakob coby jay
jacqueline jackie jacqui
jade jayde
jamal jamaal
james jim jimmy jamie jay jem
jasmine jas jazz yasmin jasmin jazmin yasmine jazmine yasmeen
jason jay jase
jaiden jayden jaden jay jaydon
janet jan
jane jayne janie
jean jeannie
jeanette jean
jemima jem mima jemma
jenna jennie
jennifer jen jenny jenna jenni
jeremiah jerry jez
jeremy jez jem jerry
jerome jez
jesse jess
jessica jess jessie jessika jessa
joan joanie joanna
joanna jo joanne jojo joanna ana
joel jo
john jack johnny jon jan jonny johnathan ivan
jonathan jon jonny johnathan jonathon nathan john
jordan jordy jordon jorden
jorge george
joseph joe joey yusuf jo josef jozef yousef youssef jojo
josephine jo josie josephina jojo
joshua josh joshuah
judith judy jude
julia jules julie juliet juliette
julian jules
juliette jules juliet etta
karen kaz
karl carl
katarzyna kasia
kayden kaiden caden caiden kay
kayla kaylah kay
kayleigh kay kaylee kayley
keeley keely
keira kiera kyra ciara kira
kelly kel
kenneth ken kenny
kevin kev
khadija khadijah khadeeja kadija
kieran keiran ciaran kieron keiron
kimberley kim kimberly kimmy
kirsten kirsty kirstie
krystal crystal
kyle kai
lachlan lochlan lachie
laila layla leila lyla lilah leyla
lara laura
laura laurie lauren lori
lauren laurie ren loz
lawrence laurie larry lawrie laurence loz
layton leighton
leah lea leia lia
lee leigh
leo leon leonardo
leonard leo lenny len leonardo
leonie leo
leonora nora leo
lewis lou louis louie lew luis
liam lee
lilian lily lil lillian lillie lilly liliana lilliana
liliana lily lilly lilliana
lily lilly lillie lili lil
linda lin lindy lynda lyn
lindsay lindsey
logan log
lola lolly
lorenzo enzo
lorraine lori
louis lou louie lewis luis ludwik
louise lou lulu louisa luisa
luca luka lucas
lucas luke luca luc lukas lukasz
lucy lucie lucia lucille lu luce
luke luc lucas
lydia liddy
mackenzie kenzie mac mckenzie
maddison maddie madison maddy
madeleine maddie maddy madeline madelyn mads
magdalena magda lena
maisie maisy maizie maise mae
malachi mal
marcel marcell
marcus marc mark markus marek
margaret maggie meg peggy margot marge madge greta daisy rita malgorzata peg megan
maria mary marie mia mariah marya ria marija
mariam maryam miriam mariyam maryem
marianne mary anne
marina mari
marjorie marge
mark marc marek
martha mattie marta
martin marty marcin
martina tina
mary maria polly molly mae may
mateusz matthew mateo
matilda tilly tilda mattie matty tillie mathilda
matthew matt matty mathew matteo mateo mateusz
maurice mo
max maxwell maxi
maximilian max maxim maximus maksymilian maximillian
maxine max
maya mya maia mia
megan meg meghan meggie megs
melanie mel
melissa mel lissa missy
mia miah mya
michael mike mick mikey michal micky micheal mikael mikolaj mitch
michaela mick kayla mikayla makayla kay
michelle shell chelle
mila milla millie
mildred millie
miles myles milo
millicent millie milly
mohammed muhammad mohamed mohammad muhammed mo mohamad mohamud muhamed muhammed mahammed moh md mohd mohamoud
molly mollie moll
morgan morgane
moses moshe
musa moosa moussa
nadia nadja
naomi nomi
natalie nat natalia talia nathalie tally
natasha tash tasha nat natacha
nathan nate nat
nathaniel nathan nat nate nathanael nathanial
neil neal niall
niamh neve neave nieve
niall neil nial
nicholas nick nicky nicolas nikolas nico mikolaj nic niko
nicola nicky nikki nicole
nicole nicky nikki nicola nic
nora norah
noah noa
nur noor nour
oliver ollie olly oli olivier
olivia liv livvy ollie livia livi oliwia livvie
omar umar omer
orla orlaith
oscar ossie oskar ozzy
oswald oz ossie ozzie
owen owain eoin
patricia pat trish tricia patsy patrycja patti
patrick pat paddy paddie patryk padraig rick
paul pawel paulie
paula polly
pauline paula
paige page
penelope penny pen nell poppy
peter pete piotr petr pedro
philip phillip phil pip filip philippe
philippa pippa pip phillipa pippy
phoebe phebe
polly poll
poppy pop
rachel rach rachael rae raquel
rafael raphael rafe raf raffi rafal
raheem rahim
ralph rafe
ramona mona
ramesh ram
raymond ray
rebecca becky becca beck bex rebekah beccy rebeka
reece rhys rees reese
reginald reg reggie
reuben ruben
rhiannon rhi anna
riaz riyaz
richard rich ricky dick rick richie ryszard
riley rylee reilly ryley
ritchie rich
robert rob bob bobby robbie bert robin rupert robbo
roberta bobbie
robin rob robyn
robyn rob robin
ronald ron ronnie
ronan ro
rory ruairi ruari
rosalind roz ros rosie
rosalie rose rosie
rosamund ros rosie
rose rosie roza rosa
rosemary rosie rose romy
roxanne roxy roxie
rowan rohan
ruby rubie rubi
rupert rup
ruth ruthie
ryan rian
saad sad
sadie sarah
safa safah
samantha sam sammy sammie
samuel sam sammy samual sammie
sana sanaa
saoirse sersha
sara sarah sally sadie zara sareh
savannah savanna sav
scarlett scarlet scarlette lettie
sean shaun shawn shane
sebastian seb bastian sebastien baz
serena rena
shanice shan
shannon shan
sharon shaz
sian shan
sidney sid sydney syd
sienna siena
simon si szymon
simone sim
skye sky
siobhan shiv shivaun
sofia sophia sophie sofie zofia soph
sonia sonya sonja
spencer spence
stanley stan stanislaw
stefan stephan steven stephen
stella estelle estella
stephanie steph stef steffi stefanie
stephen steven steve stevie stephan stefan szczepan ste
summer sum
susan sue susie suzanne susanna susannah suzy zuzanna
suzanne sue suzie
syed sayed said sayyid
tabitha tabby tabi
taha taaha
tahira tahirah
tamara tammy tam tara
tamsin tam tamzin
taylor tay tayla
teresa tess terri theresa tessa terry therese
terence terry tel terrence
thaddeus tad
thea dorothea theodora theia
theo theodore teo
theodora thea theo dora
theodore theo ted teddy
thomas tom tommy tomas tomasz thom
tiffany tiff
tilly tillie
timothy tim timmy
tobias toby tobi
toby tobias
tristan tris trystan
tyler ty tylor
umair omair
valentina val tina
valerie val
vanessa nessa ness
veronica ronnie vera weronika
victor vic viktor wiktor
victoria vicky tori vic vikki vickie viktoria wiktoria torie vicki
vincent vince vinnie vinny
violet vi violette
virginia ginny gina
vivian viv vivienne
walter wally walt
wilfred wilf wilfie fred wilfrid freddie
wilhelmina mina billie
william will bill billy liam wil willie billie wills gwilym
winifred winnie freda
wyatt wy
xanthe xan
xavier xavi zavier javier
yahya yahia yehya
yousaf yusuf yousuf youssef yusef joseph yousef yusaf
yvonne eve
zachary zac zach zack zak zachariah zackary zakary zakariya zakaria zachery
zahra zara zahraa zarah
zain zayn zane zayne zayan
zainab zaynab zeinab zaineb
zoe zoey zoë
zubair zubayr
"""

_OF_THEIR_OWN = """
abu adeel adil adnan afia agnes ahmad ahmed aiza ajay akram alana alannah alec alesha alessia alfonso alina alisha
aliza alma alyssa amaan amal amara amber amira amna amrit anais anam anaya andre aneesa angus anika anil anisa anita
anjali annabel annabelle ansh anum anwar aoife aqsa arabella aran arham aria ariana arianna ariella arjan arjun
arlo armaan arsalan arya aryan asa ashton asia asma astrid athena atticus aubrey aurora ayaan ayan ayman ayo ayub
azaan bailey beau bella benita bianca bilal blake blessing bonnie boris brooke bryn byron caden caleb calvin camille
carla carmen carter casey casper celeste celine chanel chantelle chase chidera chiara cian clark cleo clyde colin
conrad cooper cora corey craig cruz cyrus dahlia dalia dana dante daphne dara dario daria darius darwin dawn dean
deen delilah demi derek desmond destiny dev devon dexter dhruv diana diego dilara diya don dua duncan dwayne eden
edgar edison edwin eesa ela elana elias elif elina elissa eliyas ellen ellena ellery elodie elroy elton emaan emir
enid enzo erica esa eshaal eshal etta ethel etienne euan evan ezra fabian fahad faisal faiz faizan fareed farhan
farida fatoumata faye fern fiona flora flynn fraser freya gabriela ganesh gene georgi gio giovanni gisele glenn
gloria godwin gordon gurdeep gurleen habib habiba hadi hafsa haleema hamish hana hania hanna haris harlan harleen
harley harlow haroon harper harpreet harris haseeb hashim hattie hazel heidi henrietta hiba hira holden honey hope
huda humza idris ifrah ikra ilyas iman inaaya inaya indigo ines inigo ira irene iris irina isa ishaan ishaq isra
issa ivan ivo ivy iya jabari jace jad jaime jai jan jana jared jasleen jasper javier jax jay jaya jayne jed
jenson jett jinan joan jocelyn jody johan jonah jonas josh joy judah jude jun juno kacey kacper kajus kamil kamran
kane kara karan karim karolina kasper kate kavya kayan keanu keegan kelsey kenny keon khalid khalil kian kiara
kingsley kiran kitty kobe krish krishna kristen kylan kyran lacey laiba laith lana lars leena leighton lena lenny
leona leroy leticia lewin lexi liana lila lilah lina lisa lissa lois lonnie lorcan lorna lotus luan lucian luella
luna lyra lyndon mabel macy mae magnus mahnoor maja malak malik malika malcolm manal mandeep manraj manuel mara
marcela mariama marina mario marlon marlowe marnie marvin marwa maryan mason mathilde matei maud maverick mehmet
mehreen meera melody mercy merryn micah mikail mika milan minnie mira miran mirza misha mitchell momin mona monica
monty muna muneeb murphy musab mustafa mustapha nabil nadeem nadine nafisa naima nana nanette nasir nasra nasser
nayan ned neha nelson nia nicolae nikhil nikita nimra nina nishant noel nola noora norman nova nyla oakley obi
octavia odin oisin olaf oleg olga olive ollie oluwaseun ophelia orion orlando otis otto owais pablo paige palak
pandora parker parveen pascal payton peace pearl peggy percy petra petros peyton phoenix pia pierre piper pippa
porter pranav precious preston prince princess priya quentin quinn rabia rachana rafe raheem rahul raj raja rajan
rajesh raman ramsha rana rania raya rayan raymond rayyan reagan reanna reed reena regan rehan rekha rene reuben
rex rhea rhona rhys ria ricardo riccardo rico rida rio rishi riya roan rocco rocky rodney rohit roisin roland roman
romeo romy ronan ronnie roscoe rowena roy ruben rufus rukhsana rumaysa russell saaliha sabah sabina sabrina sade
safiya safiyah sahar sahil saif saim sakina salah saleem salim salma salman samar samina samir samira samiya sandeep
sanjay santiago saoirse saqib sarina sasha saskia sathya saul savana sawyer saira scott selena selma seren seth
shabnam shah shaheen shaikh shakira shania shanaya shelby sherry shirley shiv shivani shreya sia sid silas silvia
simran skyla sol soraya soren sohail stacey star stefania stevie subhan sufyan sulaiman suleman sunny susie sultan
sylvia sylvie tadhg taha taiba taibah talha talia tallulah tania tanisha tanya tara tariq tasha tasnim tatiana
tayyab tayyaba ted temi tess tessa thalia theodor thorne tia tiago tiana tilly tina tom tomi tommie tommy toni
tracey travis trinity troy tudor tyra tyrell tyrone uma umm unaisah uzair valentino vera vernon vienna viktor vihaan
vikram violeta vita vivaan vlad wade waleed waqas wayne wendy wesley willow winston wren xena xin yara yash yasin
yaseen yosef yuki yunus yuri yusra yuvraj zachariah zaid zainul zaki zander zaneta zaria zayaan zeeshan zehra zelda
zena zeynep zia ziggy zion ziva zoha zoya zuri zuzia
"""

FAMILIES: dict[str, tuple[int, ...]] = {}
"""The families each short form or spelling belongs to, by number."""
for _number, _line in enumerate(_FAMILIES.split("\n")):
    for _name in dict.fromkeys(_line.split()):
        FAMILIES[_name] = (*FAMILIES.get(_name, ()), _number)

GIVEN_NAMES: frozenset[str] = frozenset(FAMILIES) | frozenset(_OF_THEIR_OWN.split())
"""Names that people are given: "Ella" for "Ellie" is another name, "Elal" for "Ella" is a slip."""
MOST_FAMILIES = max(len(families) for families in FAMILIES.values())
